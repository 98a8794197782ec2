/** How a call comes to this page: one that rings here and is answered, or one that it makes. */
import { shownParameters } from '../../agent/parameters.ts';
import type { AgentProfile, PageConfig } from '../../common/api.ts';
import { messageOf } from '../../common/errors.ts';
import { CallMedia, type CallMediaOptions } from '../media/call-media.ts';
import type { SpareWorker } from '../media/spare-worker.ts';
import type { IncomingCall } from '../phone/incoming-call.ts';
import type { Phone } from '../phone/phone.ts';
import type { SipCall } from '../phone/sip-call.ts';
import type { SpareCertificate } from '../phone/spare-certificate.ts';
import { ConnectionFigures } from '../timeline/connection-figures.ts';
import { callsApi } from './calls-api.ts';
import type { Call } from './call.ts';
import type { CallCourse } from './call-course.ts';
import type { Desk } from './desk.ts';
import { agentUrl } from './origin.ts';
import type { WorkerNews } from './worker-news.ts';

const MEDIA_LOST = 'The media connection between bridge and page failed.';

export interface CallIntakeOptions {
  readonly desk: Desk;
  readonly course: CallCourse;
  readonly news: WorkerNews;
  readonly workers: SpareWorker;
  readonly certificates: SpareCertificate;
}

export interface Dialled {
  readonly id?: string;
  readonly extension?: string;
}

export class CallIntake {
  readonly #options: CallIntakeOptions;

  constructor(options: CallIntakeOptions) {
    this.#options = options;
  }

  /** Calls a phone; whoever answers talks to the agent. */
  async dial(phone: Phone, config: PageConfig, to: string, how: Dialled): Promise<void> {
    const { desk, course, workers, certificates } = this.#options;
    const { id = crypto.randomUUID(), extension = 'default' } = how;
    const agent = config.agents[extension] ?? config.agent;
    const worker = await workers.take();
    const early: { call?: Call; sip?: SipCall } = {};
    const media = new CallMedia({
      ...this.#mediaOptions(id, agent, () => early.call),
      worker,
      wideband: false,
      openAgent: 'with-answer',
      capture: desk.calls.captureMode ?? config.capture,
      onLost: () => early.sip?.abandon(MEDIA_LOST),
    });
    try {
      const certificate = await certificates.take();
      const attach = (connection: RTCPeerConnection) => media.prepare(connection);
      const sip = phone.call({ to, id, extension, certificate, attach });
      early.sip = sip;
      const call = (early.call = course.follow(sip, config.capture));
      desk.calls.connect(id, { sip, media });
      desk.log.add('info', `Calling ${call.caller}.`, { callId: id });
    } catch (thrown) {
      await media.close();
      const text = `${to} cannot be called: ${messageOf(thrown)}.`;
      desk.log.add('error', text, { callId: id, code: 'CALL_FAILED' });
    }
    desk.changes.changed();
  }

  async take(sip: IncomingCall, config: PageConfig): Promise<void> {
    const { desk, course, workers, certificates } = this.#options;
    const { id, caller, dialled, extension } = sip;
    const agent = config.agents[extension] ?? config.agent;
    if (desk.calls.findLive(id) !== undefined) {
      // The same phone leg twice: the id is the agent's session, which cannot be shared.
      sip.refuse(482, 'Loop Detected');
      return;
    }
    const call = course.follow(sip, config.capture);
    desk.log.add('info', `${caller} calls ${dialled}.`, { callId: id });
    try {
      const certificate = certificates.take();
      const worker = await workers.take();
      const media = new CallMedia({
        ...this.#mediaOptions(id, agent, () => call),
        worker,
        wideband: sip.isWideband,
        openAgent: !agent.earlyConnect ? 'with-answer' : sip.isForked ? 'when-told' : 'at-once',
        capture: call.captureMode,
        onLost: () => sip.abandon(MEDIA_LOST),
      });
      if (sip.hasEnded()) {
        await media.close();
        return;
      }
      desk.calls.connect(id, { sip, media });
      if (config.ringMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, config.ringMs));
        // The caller's patience, or the person at the page, was shorter.
        if (sip.hasEnded()) return;
      }
      desk.changes.answering(call);
      sip.answer(await certificate, (connection) => media.attach(connection));
    } catch (thrown) {
      desk.log.add('error', messageOf(thrown), { callId: id, code: 'CALL_FAILED' });
      sip.refuse(500, 'The page cannot take the call');
    }
  }

  /** What either way has in common. A call that is made has its media before it is shown. */
  #mediaOptions(
    id: string,
    agent: AgentProfile,
    call: () => Call | undefined,
  ): Pick<
    CallMediaOptions,
    'callId' | 'agentUrl' | 'agent' | 'onMessage' | 'onConnection' | 'onStats' | 'onEars'
  > {
    const { desk, news } = this.#options;
    const figures = new ConnectionFigures();
    const withCall = (act: (shown: Call) => void) => {
      const shown = call();
      if (shown !== undefined) act(shown);
    };
    return {
      callId: id,
      agentUrl: async () => {
        const url = await agentUrl(agent, id);
        // Of what passes by the bridge, the bridge tells.
        if (agent.direct) withCall((shown) => (shown.parameters = shownParameters(url)));
        return url;
      },
      agent,
      onMessage: (message) => withCall((shown) => news.onMessage(shown, message)),
      onConnection: (report) => callsApi.reportConnection(id, report),
      onStats: (stats) => withCall((shown) => shown.follower.onStreams(figures.read(stats))),
      onEars: (ears) =>
        withCall((shown) => {
          shown.ears = ears;
          desk.changes.changed();
        }),
    };
  }
}
