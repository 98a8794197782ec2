/**
 * The set of listeners of one SIP element, opened together or not at all.
 */
import { BridgeError } from '../../common/errors.ts';
import { openTcp, openTls } from './tcp-transport.ts';
import type { Protocol, Transport, TransportSink, TransportSpec } from './transport.ts';
import { openUdp } from './udp-transport.ts';
import { openWs } from './ws-transport.ts';

export function openTransport(spec: TransportSpec, sink: TransportSink): Promise<Transport> {
  const { protocol, host, port } = spec;
  switch (protocol) {
    case 'udp':
      return openUdp(host, port, sink);
    case 'tcp':
      return openTcp(spec, sink);
    case 'tls':
      return openTls(spec, sink);
    case 'ws':
      return openWs(host, port, sink);
  }
}

/** How often a pair of ephemeral ports is drawn anew when its TCP half is taken. */
const DRAWS = 20;

/** UDP and TCP of the same host that both ask for port 0 get the same real port. */
export async function openTransports(
  specs: readonly TransportSpec[],
  sink: TransportSink,
): Promise<Transport[]> {
  for (let draw = 1; ; draw++) {
    const open: Transport[] = [];
    try {
      for (const spec of specs) open.push(await openTransport(withPairedPort(spec, open), sink));
      return open;
    } catch (error) {
      await Promise.all(open.map((transport) => transport.close()));
      const drawn = specs.some(({ port }) => port === 0);
      const taken = error instanceof BridgeError && error.code === 'PORT_IN_USE';
      if (!drawn || !taken || draw === DRAWS || !isDrawn(error, specs)) throw error;
    }
  }
}

function withPairedPort(spec: TransportSpec, open: readonly Transport[]): TransportSpec {
  const isPaired = (protocol: Protocol): boolean => protocol === 'udp' || protocol === 'tcp';
  if (spec.port !== 0 || !isPaired(spec.protocol)) return spec;
  const twin = open.find(
    ({ protocol, host }) => host === spec.host && protocol !== spec.protocol && isPaired(protocol),
  );
  return twin === undefined ? spec : { ...spec, port: twin.port };
}

/** Whether the port that was taken is one that we drew, not one that the caller asked for. */
function isDrawn(error: BridgeError, specs: readonly TransportSpec[]): boolean {
  return !specs.some(({ port }) => port !== 0 && error.message.includes(`:${port} `));
}
