/** Whether what the configuration names answers: the agent, a drachtio server, an rtpengine. */
import { WebSocket } from 'ws';
import { BridgeError, messageOf } from '../../common/errors.ts';
import { connectRtpengine } from '../../rtpengine/client.ts';
import { SrfPort } from '../../signaling/srf.ts';
import type { AgentTarget } from '../agents.ts';
import type { Address } from '../options.ts';
import { fail, pass, warn, type Finding } from './finding.ts';

const HANDSHAKE_MS = 5000;
/** An endpoint that misses something in the query says so at once. */
const FIRST_WORDS_MS = 700;
const DRACHTIO_MS = 3000;

/**
 * Opens a session as a call would and closes it again, without sending anything: a text frame would
 * end some agents' session, and audio would start their recognizer.
 */
export function checkAgent({
  url,
  headers,
  ca,
}: Pick<AgentTarget, 'url' | 'ca'> & Partial<AgentTarget>): Promise<Finding> {
  const check = 'Agent';
  const shown = url.replace(/\?.*/, '');
  return new Promise((resolve) => {
    const socket = new WebSocket(url, {
      headers: { ...headers },
      ...(ca && { ca: [...ca] }),
      handshakeTimeout: HANDSHAKE_MS,
    });
    let timer: NodeJS.Timeout | undefined;
    const finish = (finding: Finding) => {
      clearTimeout(timer);
      socket.terminate();
      resolve(finding);
    };
    socket.on('open', () => {
      timer = setTimeout(() => finish(pass(check, `${shown} accepts a session`)), FIRST_WORDS_MS);
    });
    socket.on('message', (data, binary) => {
      const said = binary ? '' : (data as Buffer).toString();
      if (said.includes('"error"')) finish(complaint(check, shown, said));
    });
    socket.on('close', (code, reason) => {
      if (code === 1006) return;
      finish(complaint(check, shown, `${code} ${reason.toString()}`.trim()));
    });
    socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      request.destroy();
      finish(
        fail(
          check,
          'AGENT_REFUSED',
          `${shown} refused the handshake with HTTP ${statusCode}.`,
          statusCode === 404
            ? 'Check the path of agent.url: the router of the endpoint often has a prefix such as /api/v1.'
            : statusCode === 401 || statusCode === 403
              ? 'It wants credentials: give the header it expects, e.g. Authorization.'
              : "Look at the agent's own log.",
        ),
      );
    });
    socket.on('error', (error) => {
      finish(
        fail(
          check,
          'AGENT_UNREACHABLE',
          `${shown} cannot be reached: ${whyOf(error)}.`,
          'Start the agent, or check agent.url.',
        ),
      );
    });
  });
}

/** An address that was tried over IPv4 and IPv6 fails without a message, with a code alone. */
function whyOf(error: NodeJS.ErrnoException): string {
  return error.message === '' ? (error.code ?? 'no answer') : error.message;
}

function complaint(check: string, shown: string, said: string): Finding {
  const query = /quer|param|4000/i.test(said);
  return fail(
    check,
    query ? 'AGENT_QUERY' : 'AGENT_CLOSED',
    `${shown} accepts a session and ends it at once: ${said.slice(0, 200)}.`,
    query
      ? 'Give what it asks for in agent.query, e.g. tenant_id=1&campaign_id=2&lead_id=3.'
      : "Look at the agent's own log.",
  );
}

export async function checkRtpengine(address: Address | undefined): Promise<Finding> {
  const check = 'Media engine';
  if (!address) return pass(check, 'embedded');
  try {
    const engine = await connectRtpengine({ ...address });
    await engine.close();
    return pass(check, `rtpengine at ${address.host}:${address.port} answers`);
  } catch (error) {
    const code = error instanceof BridgeError ? error.code : 'RTPENGINE_UNREACHABLE';
    return fail(check, code, messageOf(error), 'Without it every call is refused with 503.');
  }
}

export function checkDrachtio(
  address: (Address & { readonly secret: string }) | undefined,
): Promise<Finding> {
  const check = 'SIP server';
  if (!address) return Promise.resolve(pass(check, 'embedded'));
  const where = `${address.host}:${address.port}`;
  return new Promise((resolve) => {
    const srf = new SrfPort();
    const finish = (finding: Finding) => {
      clearTimeout(timer);
      srf.close();
      resolve(finding);
    };
    const unreachable = (why: string) =>
      finish(
        fail(
          check,
          'DRACHTIO_UNREACHABLE',
          `The drachtio server at ${where} does not answer (${why}).`,
          'Start it, or check drachtio.host and drachtio.port.',
        ),
      );
    const timer = setTimeout(() => unreachable('no answer'), DRACHTIO_MS);
    srf.connect(address, {
      connected: (transports, version) => {
        const ws = transports.some(({ protocol }) => protocol === 'ws');
        finish(
          ws
            ? pass(check, `drachtio ${version} at ${where}`)
            : warn(
                check,
                'DRACHTIO_NO_WS',
                `drachtio ${version} at ${where} has no WebSocket transport: the page cannot register.`,
                'Give it a contact such as sip:127.0.0.1:8088;transport=ws.',
              ),
        );
      },
      disconnected: unreachable,
      refused: () =>
        finish(
          fail(
            check,
            'DRACHTIO_REFUSED',
            `The drachtio server at ${where} refused the secret.`,
            'Correct drachtio.secret.',
          ),
        ),
    });
  });
}
