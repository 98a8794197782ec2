/**
 * The embedded rtpengine: an ng server (UDP, bencode) that relays between plain RTP phones and
 * WebRTC pages, for everywhere the real rtpengine does not run. It speaks the same protocol, so
 * the application cannot tell which one it has; it hands G.711 through and does not transcode.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP, isIPv4 } from 'node:net';
import { preload } from 'node-datachannel';
import { BridgeError, messageOf } from '../../common/errors.ts';
import { silent, type Log } from '../../common/log.ts';
import { decode, encode, isDictionary, type Encodable } from './bencode.ts';
import { Calls, CONTROLS } from './calls.ts';
import { CookieCache } from './cookies.ts';
import { newCounters, type RtpengineCounters } from './leg.ts';
import { makeCertificate } from './certificate.ts';
import { interfacesOf } from './interfaces.ts';
import { ownPorts, sharedPort, type PagePorts } from './page-port.ts';
import type { OwnAddress } from '../network.ts';
import { PortPool, PortsExhausted } from './ports.ts';
import type { RecordingOptions } from './recording.ts';
import { RequestError, readRequest, type NgRequest } from './request.ts';
import { SdpError } from './sdp.ts';
import { Statistics } from './statistics.ts';

export type { RtpengineCounters } from './leg.ts';

export interface RtpengineOptions {
  /** Where commands arrive; port 0 takes any. */
  readonly ng: { readonly host: string; readonly port: number };
  readonly rtp: {
    /**
     * The address peers send to, also named in every SDP; 0.0.0.0 for all of this machine: then each
     * phone is told the one in its network.
     */
    readonly host: string;
    /** One of the other family beside it, for peers of that family. */
    readonly otherHost?: string;
    /** What phones and pages are told in place of the host. */
    readonly advertised?: { readonly phone?: string; readonly page?: string };
    /** Ports for phones, and for pages as well; both included. */
    readonly portMin: number;
    readonly portMax: number;
    /** This machine's addresses, the best first, for a host of 0.0.0.0; all it has when left out. */
    readonly own?: () => readonly OwnAddress[];
    /** Whether packets of phones may come from there; from anywhere when left out. */
    readonly admits?: (address: string) => boolean;
    /** One port for all pages in place of one each. */
    readonly webrtcPort?: number;
  };
  /** Lets calls be recorded, into this folder. */
  readonly recording?: RecordingOptions;
  readonly log?: Log;
}

export interface RtpengineServer {
  readonly ngPort: number;
  readonly counters: Readonly<RtpengineCounters>;
  /** Ends all calls and frees all ports; idempotent. */
  close(): Promise<void>;
}

/** `<cookie> <bencoded dictionary>`; a cookie is any word of sensible length. */
const BLANK = 0x20;
const MAX_COOKIE = 255;
const SWEEP_MS = 60_000;
const MAX_LOGGED = 256;

export async function startRtpengine(options: RtpengineOptions): Promise<RtpengineServer> {
  const { ng, rtp, log = silent } = options;
  const hosts = [rtp.host, ...(rtp.otherHost === undefined ? [] : [rtp.otherHost])];
  for (const host of hosts) {
    if (isIP(host) !== 0) continue;
    throw new BridgeError(
      'BAD_FLAG',
      `The RTP address ${host} is no IP address. Give one of this machine, or 0.0.0.0 for all of them.`,
    );
  }
  const counters = newCounters();
  const ports = new PortPool(rtp.portMin, rtp.portMax);
  if (ports.free < 2) {
    throw new BridgeError(
      'BAD_FLAG',
      `The RTP port range ${rtp.portMin}-${rtp.portMax} holds less than two pairs, the need of one call.`,
    );
  }
  const certificate = await makeCertificate();
  const socket = await bindNg(ng.host, ng.port);
  let pagePorts: PagePorts;
  try {
    pagePorts =
      rtp.webrtcPort === undefined ? ownPorts(ports) : await sharedPort(rtp.host, rtp.webrtcPort);
  } catch (thrown) {
    socket.close();
    throw thrown;
  }
  const interfaces = interfacesOf(hosts, rtp.advertised, rtp.own);
  const statistics = new Statistics(counters);
  const calls = new Calls(
    {
      interfaces,
      ports,
      pagePorts,
      certificate,
      counters,
      log,
      recording: options.recording,
      admits: rtp.admits,
    },
    (call) => statistics.callEnded(Date.now() - call.createdAt),
  );
  const cookies = new CookieCache();
  const logged = new Set<string>();
  preload();

  socket.on('message', (datagram, from) => onDatagram(datagram, from));
  socket.on('error', (error) => log('warn', `ng socket: ${error.message}`));
  const sweeper = setInterval(() => void calls.sweep(Date.now()), SWEEP_MS);
  sweeper.unref();

  let closing: Promise<void> | undefined;

  function onDatagram(datagram: Buffer, from: RemoteInfo): void {
    const blank = datagram.indexOf(BLANK);
    if (blank < 1 || blank > MAX_COOKIE) {
      counters.ngMalformed++;
      log('debug', 'A datagram without a cookie came to the ng port', {
        code: 'NG_MALFORMED',
        from: `${from.address}:${from.port}`,
      });
      return;
    }
    const cookie = datagram.toString('latin1', 0, blank);
    const peer = `${from.address}:${from.port}`;
    let answer = cookies.get(peer, cookie);
    if (answer === undefined) {
      answer = execute(datagram.subarray(blank + 1), peer);
      cookies.set(peer, cookie, answer);
    } else {
      counters.ngRetransmissions++;
    }
    void answer.then((body) => {
      if (closing !== undefined) return;
      const reply = Buffer.concat([datagram.subarray(0, blank + 1), body]);
      socket.send(reply, from.port, from.address, (error) => {
        if (error) log('warn', `ng answer to ${peer}: ${error.message}`);
      });
    });
  }

  /** The same request comes with every call; the log needs to say it once. */
  function logOnce(request: NgRequest, warning: string): void {
    const text = `ng ${request.command}: ${warning}`;
    if (logged.has(text) || logged.size === MAX_LOGGED) return;
    logged.add(text);
    log('warn', text, about(request));
  }

  /** Never rejects: whatever goes wrong is the answer. */
  async function execute(body: Buffer, peer: string): Promise<Buffer> {
    let request: NgRequest | undefined;
    try {
      const message = tryDecode(body);
      if (message === undefined) {
        counters.ngMalformed++;
        log('debug', 'A command that is not bencode came to the ng port', {
          code: 'NG_MALFORMED',
          from: peer,
        });
        return encode({ result: 'error', 'error-reason': 'Could not decode bencode dictionary' });
      }
      counters.ngCommands++;
      request = readRequest(message);
      statistics.command(hostOf(peer), request.command);
      const reply = await run(request);
      const { warning } = reply;
      const notes = [...(typeof warning === 'string' ? [warning] : []), ...request.warnings];
      for (const each of request.warnings) logOnce(request, each);
      return encode(notes.length === 0 ? reply : { ...reply, warning: notes.join('; ') });
    } catch (thrown) {
      counters.ngErrors++;
      statistics.error(hostOf(peer));
      const isOurs =
        thrown instanceof RequestError ||
        thrown instanceof SdpError ||
        thrown instanceof PortsExhausted;
      const fields = request === undefined ? {} : about(request);
      if (thrown instanceof PortsExhausted) {
        log('error', `No RTP port is free in ${rtp.portMin}-${rtp.portMax}`, {
          code: 'RTP_PORTS_EXHAUSTED',
          ...fields,
        });
      } else {
        log(isOurs ? 'debug' : 'error', `ng ${request?.command ?? ''}: ${messageOf(thrown)}`, {
          ...fields,
        });
      }
      return encode({ result: 'error', 'error-reason': messageOf(thrown) });
    }
  }

  function run(
    request: NgRequest,
  ): Promise<Readonly<Record<string, Encodable | undefined>>> | Record<string, Encodable> {
    switch (request.command) {
      case 'ping':
        return { result: 'pong' };
      case 'offer':
        return calls.offer(request);
      case 'answer':
        return calls.answer(request);
      case 'delete':
        return calls.delete(request);
      case 'query':
        return calls.query(request);
      case 'list':
        return { result: 'ok', calls: calls.ids.slice(0, limitOf(request)) };
      case 'statistics':
        return { result: 'ok', statistics: statistics.describe() };
      default:
        if (CONTROLS.has(request.command)) return calls.control(request);
        throw new RequestError(`Unrecognized command: ${request.command}`);
    }
  }

  return {
    ngPort: socket.address().port,
    counters,
    close: () =>
      (closing ??= (async () => {
        clearInterval(sweeper);
        const closed = once(socket, 'close');
        socket.close();
        await closed;
        await calls.close();
        await pagePorts.close();
        cookies.clear();
        // node-datachannel's own cleanup() is not called: it crashes once a closed track has been
        // collected, and there is nothing left for it to do.
      })()),
  };
}

async function bindNg(host: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: isIPv4(host) || host === 'localhost' ? 'udp4' : 'udp6' });
  try {
    const listening = once(socket, 'listening');
    socket.bind({ port, address: host, exclusive: true });
    await listening;
    return socket;
  } catch (thrown) {
    socket.close();
    throw new BridgeError(
      'PORT_IN_USE',
      `The ng port ${host}:${port} (UDP) cannot be opened: ${messageOf(thrown)}. ` +
        'Stop the other program, or give another ng port.',
      { cause: thrown },
    );
  }
}

function hostOf(peer: string): string {
  return peer.slice(0, peer.lastIndexOf(':'));
}

/** As rtpengine: more may not fit in one datagram. */
function limitOf(request: NgRequest): number {
  return Math.max(1, request.integer('limit') ?? 32);
}

function tryDecode(body: Buffer) {
  try {
    const message = decode(body);
    return isDictionary(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

function about(request: NgRequest): { callId?: string } {
  return request.callId === undefined ? {} : { callId: request.callId };
}
