/**
 * The application's rtpengine: `MediaEngine` over the npm package `rtpengine-client`, the same for
 * a real rtpengine and for the embedded one. It adds what the package lacks: types, repetition of
 * lost commands (commands.ts), a deadline, and errors that say what to do.
 */
import { BridgeError, messageOf } from '../common/errors.ts';
import { silent, type Log } from '../common/log.ts';
import { anySource } from './any-source.ts';
import { Commands, NoReply, type Command, type Reply, type Timing } from './commands.ts';
import { asQueryResult } from './query-result.ts';
import { singleCodec } from './single-codec.ts';
import { withTlsId } from './tls-id.ts';
import type { CallParams, MediaEngine, MediaParams, PartyParams, SdpResult } from './engine.ts';

export interface RtpengineAddress {
  readonly host: string;
  /** The ng port, 22222 as a rule. */
  readonly port: number;
  readonly log?: Log;
  /** For tests that cannot wait. */
  readonly timing?: Timing;
}

const MAX_WARNED = 256;
/** What rtpengine says when its port range is used up; the embedded one says the same. */
const OUT_OF_PORTS = /out of ports/i;

/** Resolves once the engine has answered a ping; rejects with RTPENGINE_UNREACHABLE otherwise. */
export async function connectRtpengine(options: RtpengineAddress): Promise<MediaEngine> {
  const { host, port, log = silent, timing } = options;
  const address = `${host}:${port}`;
  const commands = await Commands.open(host, port, timing);
  /** What an engine can't do it says in every call; the log needs to say it once. */
  const warned = new Set<string>();

  async function run(command: Command, params: object, callId?: string): Promise<Reply> {
    let reply: Reply;
    try {
      reply = await commands.send(command, params);
    } catch (thrown) {
      const why = thrown instanceof NoReply ? thrown.message : messageOf(thrown);
      throw new BridgeError(
        'RTPENGINE_UNREACHABLE',
        `rtpengine at ${address} (UDP) did not answer the command ${command}: ${why}. ` +
          'Check that it is running, that its listen-ng address and port are these, and that no firewall is between.',
        { cause: thrown },
      );
    }
    if (typeof reply['warning'] === 'string') {
      const about = callId === undefined ? {} : { callId };
      const text = `rtpengine ${command}: ${reply['warning']}`;
      // Deleting twice is usual: both parties of a call may end it at once.
      const isNews = command !== 'delete' && !warned.has(text) && warned.size < MAX_WARNED;
      if (isNews) warned.add(text);
      log(isNews ? 'warn' : 'debug', text, about);
    }
    if (reply['result'] === 'ok' || reply['result'] === 'pong') return reply;
    throw refusal(command, address, reply);
  }

  async function describe(command: 'offer' | 'answer', params: MediaParams): Promise<SdpResult> {
    const named = { ...params, sdp: withTlsId(params.sdp) };
    const { sdp: text, warning } = await run(command, named, params['call-id']);
    if (typeof text !== 'string') {
      throw new BridgeError(
        'RTPENGINE_REFUSED',
        `rtpengine at ${address} answered the command ${command} without an SDP. ` +
          'Is something else than rtpengine listening on that port?',
      );
    }
    const sdp = anySource(text);
    return typeof warning === 'string' ? { sdp, warning } : { sdp };
  }

  const control =
    (command: Command) =>
    async (params: PartyParams): Promise<void> => {
      await run(command, ofParty(params), params['call-id']);
    };

  const engine: MediaEngine = {
    address,
    ping: async () => {
      await run('ping', {});
    },
    offer: (params) => describe('offer', params),
    answer: (params) => describe('answer', { ...params, sdp: singleCodec(params.sdp) }),
    // rtpengine keeps a deleted call, and its ports, for 30 s unless told not to.
    delete: async (params) => {
      await run('delete', { ...params, 'delete-delay': 0 }, params['call-id']);
    },
    query: async (params: CallParams) =>
      asQueryResult(await run('query', params, params['call-id'])),
    list: async (limit) => {
      const { calls } = await run('list', limit === undefined ? {} : { limit });
      return Array.isArray(calls) ? calls.filter((each) => typeof each === 'string') : [];
    },
    statistics: async () => {
      const { statistics } = await run('statistics', {});
      return statistics as Record<string, unknown>;
    },
    blockMedia: control('blockMedia'),
    unblockMedia: control('unblockMedia'),
    blockDtmf: control('blockDTMF'),
    unblockDtmf: control('unblockDTMF'),
    silenceMedia: control('silenceMedia'),
    unsilenceMedia: control('unsilenceMedia'),
    playMedia: async (params) => {
      const { blob, ...rest } = params;
      const media = blob === undefined ? rest : { ...rest, blob: Buffer.from(blob) };
      const { duration } = await run('playMedia', ofParty(media), params['call-id']);
      return typeof duration === 'number' ? { duration } : {};
    },
    stopMedia: control('stopMedia'),
    playDtmf: control('playDTMF'),
    startRecording: async (params) => {
      const { 'recording-file': file } = await run('startRecording', params, params['call-id']);
      return typeof file === 'string' ? { file } : {};
    },
    stopRecording: control('stopRecording'),
    close: () => commands.close(),
  };
  try {
    await engine.ping();
  } catch (thrown) {
    await engine.close();
    throw thrown;
  }
  return engine;
}

/** Newer rtpengines take the party's tag for one of either side unless told that it is meant. */
function ofParty(params: PartyParams): object {
  return params['from-tag'] === undefined ? params : { ...params, flags: ['directional'] };
}

function refusal(command: Command, address: string, reply: Reply): BridgeError {
  const reason = reply['error-reason'] ?? reply['message'] ?? reply['result'];
  const text = typeof reason === 'string' ? reason : 'no reason given';
  if (OUT_OF_PORTS.test(text)) {
    return new BridgeError(
      'RTP_PORTS_EXHAUSTED',
      `rtpengine at ${address} has no RTP port left (${text}). ` +
        'Each call takes two pairs of ports: widen its port range, or end calls that hang.',
    );
  }
  return new BridgeError(
    'RTPENGINE_REFUSED',
    `rtpengine at ${address} refused the command ${command}: ${text}. Its log says more.`,
  );
}
