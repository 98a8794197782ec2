/**
 * The UDP port of a page's leg: one of the range for each leg, or one for all of them.
 *
 * Until libdatachannel takes the port over it is held here, and the page's early ICE checks are
 * listened to: the addresses they come from are where the page is (peer-reflexive, RFC 8445 section
 * 7.3.1.3), also when its own candidates are mDNS names, or none.
 *
 * The one port for all is libjuice's mux: datagrams are told apart by the ICE user name in the
 * first check from an address, and by the address from then on. An agent of its own holds it open
 * between calls, and not node-datachannel's IceUdpMuxListener: that one has a flag without a first
 * value for "stopped", by which now and then it stays registered when it is freed, and crashes.
 */
import type { Socket } from 'node:dgram';
import { Audio, PeerConnection } from 'node-datachannel';
import { BridgeError, messageOf } from '../../common/errors.ts';
import { MID } from './page-sdp.ts';
import { bindPort, closeSocket } from './placeholder.ts';
import type { PortPool } from './ports.ts';

/** Addresses the page's early checks came from; one per interface of its machine. */
const MAX_LEARNED = 8;
const RELEASE_MS = 2000;
const RELEASE_POLL_MS = 2;

export interface PagePort {
  readonly port: number;
  /** Whether other pages have the same one. */
  readonly isShared: boolean;
  /** "address port" of where the page's checks have come from until now. */
  readonly learned: ReadonlySet<string>;
  /** Resolves when libdatachannel may have the port. Idempotent. */
  handOver(): Promise<void>;
  /** Resolves when the port is free for others. Libdatachannel is closed, if it was started. */
  release(): Promise<void>;
}

export interface PagePorts {
  /** Rejects with PortsExhausted. */
  open(address: string): Promise<PagePort>;
  /** Resolves when no port is held any more. All legs are closed. */
  close(): Promise<void>;
}

/** A port of the range for each leg. */
export function ownPorts(pool: PortPool): PagePorts {
  return {
    open: (address) =>
      pool.open(async (port) => new OwnPort(pool, address, await bindPort(port, address))),
    close: () => Promise.resolve(),
  };
}

/** One port for all legs; rejects with PORT_IN_USE. */
export async function sharedPort(address: string, port: number): Promise<PagePorts> {
  try {
    await closeSocket(await bindPort(port, address));
  } catch (thrown) {
    throw new BridgeError(
      'PORT_IN_USE',
      `The WebRTC port ${address}:${port} (UDP) cannot be opened: ${messageOf(thrown)}. ` +
        'Stop the other program, or give another port.',
      { cause: thrown },
    );
  }
  const holder = holdOpen(address, port);
  const nothing = (): Promise<void> => Promise.resolve();
  const leg = {
    port,
    isShared: true,
    learned: new Set<string>(),
    handOver: nothing,
    release: nothing,
  };
  return {
    open: () => Promise.resolve(leg),
    close: async () => {
      holder.close();
      await untilFree(port, address);
    },
  };
}

/** An agent without a peer: as long as there is one, the mux has its socket. */
function holdOpen(address: string, port: number): PeerConnection {
  const holder = new PeerConnection('port of all pages', {
    iceServers: [],
    bindAddress: address,
    portRangeBegin: port,
    portRangeEnd: port,
    enableIceUdpMux: true,
    disableAutoNegotiation: true,
    forceMediaTransport: true,
  });
  const audio = new Audio(MID, 'SendRecv');
  audio.addAudioCodec(0, 'PCMU');
  holder.addTrack(audio);
  holder.setLocalDescription('offer');
  return holder;
}

class OwnPort implements PagePort {
  readonly isShared = false;
  readonly port: number;
  readonly learned = new Set<string>();
  readonly #pool: PortPool;
  readonly #address: string;
  #placeholder: Socket | undefined;
  #isHandedOver = false;

  constructor(pool: PortPool, address: string, placeholder: Socket) {
    this.#pool = pool;
    this.#address = address;
    this.#placeholder = placeholder;
    this.port = placeholder.address().port;
    placeholder.on('message', (_check, from) => {
      if (this.learned.size < MAX_LEARNED) this.learned.add(`${from.address} ${from.port}`);
    });
    placeholder.on('error', () => undefined);
  }

  async handOver(): Promise<void> {
    await this.#letGo();
    this.#isHandedOver = true;
  }

  async release(): Promise<void> {
    await this.#letGo();
    if (this.#isHandedOver) await untilFree(this.port, this.#address);
    this.#pool.giveBack(this.port);
  }

  async #letGo(): Promise<void> {
    const placeholder = this.#placeholder;
    this.#placeholder = undefined;
    if (placeholder !== undefined) await closeSocket(placeholder);
  }
}

/** libdatachannel closes its socket from a thread of its own, a moment after it says `closed`. */
async function untilFree(port: number, address: string): Promise<void> {
  const started = performance.now();
  while (performance.now() - started < RELEASE_MS) {
    try {
      await closeSocket(await bindPort(port, address));
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RELEASE_POLL_MS));
    }
  }
}
