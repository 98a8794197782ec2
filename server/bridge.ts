/**
 * The bridge: every part started in the order in which they need each other and stopped in the
 * reverse one. What it is made of is decided here and nowhere else.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { startDemoAgent } from '../agent/demo/demo-agent.ts';
import { loadGreeting } from '../agent/demo/greeting.ts';
import type { CallStatus, PageConfig, Status } from '../common/api.ts';
import type { BridgeEvent } from '../common/events.ts';
import type { Log } from '../common/log.ts';
import type { OwnAddress } from '../rtpengine/network.ts';
import { Signaling } from '../signaling/application.ts';
import type { Binding } from '../signaling/bindings.ts';
import type { Refusal } from '../signaling/call-phrases.ts';
import type { TracedMessage } from '../signaling/sip/trace.ts';
import { placeOf, summaryOf, type TraceEntry } from '../signaling/trace/ring.ts';
import { AgentWatch } from './agent-watch.ts';
import { CallAgents } from './call-agents.ts';
import { RunningDoctor } from './doctor/running.ts';
import { thisMachine } from './doctor/surroundings.ts';
import {
  newSecret,
  PHONE_TRANSPORTS,
  startEmbeddedDrachtio,
  startEmbeddedRtpengine,
  type SipServer,
} from './embedded-servers.ts';
import type { AgentFailure } from './http/agent-connection.ts';
import { EventStream } from './http/event-stream.ts';
import { Origin } from './http/origin.ts';
import { liveTrace } from './http/trace-api.ts';
import { SipSocket } from './http/sip-socket.ts';
import { VoiceSocket } from './http/voice-socket.ts';
import { openCertificate, type TlsCertificate } from './lan/certificate.ts';
import { openLan, withToken, type Lan } from './lan/lan.ts';
import { Measurements } from './measurements.ts';
import { MediaLink } from './media-link.ts';
import { MediaWatch } from './media-watch.ts';
import type { Address, BridgeOptions } from './options.ts';
import { loadPageLost } from './notices/page-lost.ts';
import { openPage } from './page.ts';
import { version } from './root.ts';
import { PhonesSeen } from './phones-seen.ts';
import { RegistrationFile } from './registration-file.ts';
import { CallTraces } from './tracing/call-traces.ts';
import { openSpans } from './tracing/spans.ts';
import { drachtioStatus } from './status.ts';
import { Whereabouts } from './whereabouts.ts';

/** How long start waits for an external drachtio before it goes on without. */
const CONNECT_WAIT_MS = 2000;
/** What a phone shows of a refused call; a reason phrase is ASCII. */
const PHRASES: Readonly<Record<AgentFailure['code'], string>> = {
  AGENT_UNREACHABLE: 'The voice agent cannot be reached',
  AGENT_REFUSED: 'The voice agent refused the connection',
};
/** The user part of every page's address of record. */
const PAGE_USER = 'page';

export interface Bridge {
  /** The page's address. */
  readonly url: string;
  /** What a browser is opened with: on a network with a token that is good for one use. */
  newPageUrl(): string;
  /** What a person types into the phone. */
  readonly phone: PageConfig['phone'];
  /** Of the first user; undefined where phones need none. */
  readonly phonePassword: string | undefined;
  /** What it does about being open to a network; undefined where it is not. */
  readonly lan: LanFacts | undefined;
  readonly agentName: string;
  status(): Status;
  /**
   * Takes over agents, extensions and users while calls go on; everything else stays as it is.
   * @throws BridgeError BAD_CONFIG; nothing has changed then.
   */
  reconfigure(options: BridgeOptions): void;
  close(): Promise<void>;
}

export interface LanFacts {
  /** Where phones and pages reach this computer, the best first. */
  readonly addresses: readonly OwnAddress[];
  /** Whether the password of phones was made here, so that nobody knows it yet. */
  readonly madePassword: boolean;
  /** Of the certificate, SHA-256. */
  readonly fingerprint: string;
  readonly certificateFrom: TlsCertificate['from'];
}

/** @throws BridgeError PORT_IN_USE; what was started until then is stopped again. */
export async function startBridge(options: BridgeOptions, log: Log): Promise<Bridge> {
  const stack: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const stop of stack.splice(0).reverse()) await stop();
  };
  try {
    return await start(options, log, stack, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  options: BridgeOptions,
  log: Log,
  stack: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Bridge> {
  const page = await openPage(log);
  const lan = options.lan && (await openLan(options.lan, log));
  const certificate = await certificateOf(options, lan);
  const users = phoneUsers(options, lan);
  const where = new Whereabouts(options, lan, () => signaling.transports);
  const events = new EventStream();
  const phones = new PhonesSeen();
  // A line for each message costs something even where nobody reads it.
  let isDebug = options.log.level === 'debug';
  const trace = liveTrace(events, (entry) => {
    phones.noteSip(entry);
    if (isDebug) logMessage(log, entry);
  });

  let demoUrl: string | undefined;
  if (!options.agent) {
    const demo = await startDemoAgent({
      host: '127.0.0.1',
      port: 0,
      log,
      greeting: await loadGreeting(),
    });
    stack.push(() => demo.close());
    demoUrl = demo.url;
  }
  const callAgents = new CallAgents(options, demoUrl, () => signaling.calls);
  const agentWatch = new AgentWatch(
    () => callAgents.agents.urls,
    () => changed(),
  );
  stack.push(() => agentWatch.close());

  const startDrachtio = async (): Promise<SipServer> => {
    const onMessage = (message: TracedMessage) => trace.add(message);
    const server = await startEmbeddedDrachtio({ options, log, lan, certificate, onMessage });
    stack.push(() => server.close());
    return server;
  };
  const startRtpengine = async (): Promise<Address> => {
    const server = await startEmbeddedRtpengine(options, log, lan);
    stack.push(() => server.close());
    return server;
  };
  const drachtio: SipServer = options.drachtio ?? (await startDrachtio());
  const rtpengines = options.rtpengines ?? [await startRtpengine()];

  const changed = () => {
    const isOver = (id: string) => !signaling.calls.some(({ callId }) => callId === id);
    voice.release(isOver);
    callAgents.release(isOver);
    events.send(status());
  };
  phones.onChange = changed;
  const media = new MediaLink({
    kind: options.rtpengines ? 'external' : 'embedded',
    addresses: rtpengines,
    record: options.recording !== undefined,
    log,
    changed: () => changed(),
  });
  const measurements = new Measurements({
    calls: () => signaling.calls,
    tell: (event) => {
      traces.note(event);
      events.tell(event);
    },
  });
  stack.push(() => measurements.close());
  const traces = new CallTraces({
    spans: await openSpans(process.env, log),
    headersFor: (id) => callAgents.of(id).target.headers,
  });
  stack.push(() => traces.close());
  const tell = (event: BridgeEvent) => {
    measurements.note(event);
    traces.note(event);
    events.tell(event);
  };
  const pages = { user: `page-${randomBytes(4).toString('hex')}`, password: newSecret() };
  const file = options.registrationFile;
  const kept = file === undefined ? undefined : new RegistrationFile(file, log);
  if (kept) stack.push(() => kept.close());
  const pageLost = options.tellPageLost ? await loadPageLost() : undefined;
  const signaling: Signaling = new Signaling({
    drachtio,
    media: media.media,
    ...(options.codecs && { codecs: options.codecs }),
    // The embedded server traces its transports itself, and completely.
    ...(options.drachtio && { onMessage: (message) => trace.add(message) }),
    legTried: (callId, sipCallId, kind) => trace.tie(callId, sipCallId, kind),
    ...(options.auth && users && { auth: { ...options.auth, users } }),
    ...(where.isEverywhere && { isOwnHost: (host: string) => where.isOwnHost(host) }),
    extensions: options.extensions,
    reach: options.calls.reach,
    maxCallsPerPage: options.calls.maxPerPage,
    ringMs: options.calls.noAnswerMs,
    sessionSeconds: options.calls.sessionSeconds,
    pages,
    ...(kept && {
      remembered: await kept.load(),
      remember: (bindings: readonly Binding[]) => kept.save(bindings),
    }),
    ...(options.expiry && { expiry: options.expiry }),
    ...(options.optionsIntervalMs && { optionsIntervalMs: options.optionsIntervalMs }),
    pageUrl: () => url(),
    log,
    veto: (call) => vetoOf(call),
    ...(pageLost && {
      playNotice: (callId: string, tag: string) => media.play(callId, tag, pageLost),
    }),
    changed: () => changed(),
    tell,
  });
  const mediaWatch = new MediaWatch({
    calls: () => signaling.calls,
    query: (callId) => media.query(callId),
    tell,
    end: (callId, why) => void signaling.endCall(callId, why),
    log,
    inactivityMs: options.rtpInactivityMs ?? 0,
    receptions: measurements.receptions,
    phoneRtp: (callId, packets) => phones.noteRtp(callId, packets),
  });
  stack.push(() => {
    mediaWatch.close();
    return Promise.resolve();
  });
  const status = (): Status => ({
    version,
    registrations: signaling.registrations.map((binding) => ({
      aor: binding.aor,
      contact: binding.contact,
      kind: binding.kind,
      userAgent: binding.userAgent,
      source: binding.source,
      expiresAt: new Date(binding.expiresAt).toISOString(),
      ...signaling.reachability(binding),
    })),
    phones: phones.list,
    calls: signaling.calls,
    engines: {
      drachtio: drachtioStatus(signaling.drachtio, drachtio, options.drachtio !== undefined),
      rtpengine: media.status,
    },
    agent: {
      kind: options.agent ? 'external' : 'embedded',
      address: callAgents.agents.default.url,
      ok: agentWatch.problem === undefined,
      ...(agentWatch.problem && { problem: agentWatch.problem }),
    },
  });

  // An agent that must be there is: the page has connected it while the phone rang, or it is now.
  const vetoOf = async (call: CallStatus): Promise<Refusal | undefined> => {
    const { agent } = callAgents.of(call.callId);
    if (call.direction === 'outbound' || agent.settings.whenDown === 'notice') return undefined;
    const failure = await voice.ready(call.callId);
    return failure && { status: 503, reason: PHRASES[failure.code], code: failure.code };
  };
  const voice = new VoiceSocket({
    target: (id) => ({ ...callAgents.of(id).target, headers: traces.headersFor(id) }),
    traceIdOf: (id) => traces.traceIdOf(id),
    announce: (id, facts) => callAgents.announce(id, facts),
    outcome: (problem) => agentWatch.note(problem),
    tell,
    log,
  });

  const phone = (): PageConfig['phone'] => {
    const { phoneServer, tlsServer } = where;
    return {
      server: phoneServer,
      domain: phoneServer,
      username: users?.keys().next().value ?? 'agent001',
      needsPassword: users !== undefined,
      transports: options.drachtio ? PHONE_TRANSPORTS : (options.sipTransports ?? PHONE_TRANSPORTS),
      ...(tlsServer !== undefined && { tlsServer }),
    };
  };
  const url = () => where.pageUrl(origin.port);
  const doctor = new RunningDoctor(options, thisMachine(), status);
  const origin: Origin = new Origin({
    ...options.http,
    ...(lan && {
      access: lan.access,
      admits: (address: string) => lan.sources.admits('http', address),
      ...(certificate && { tls: certificate }),
    }),
    page,
    events,
    trace,
    mediaWatch,
    figures: measurements.figures,
    metrics: () => measurements.metrics(status, () => drachtio.counters?.(), lan?.sources.refused),
    calls: signaling,
    status,
    config: () => ({
      version,
      sip: { user: PAGE_USER, domain: where.sip.host, path: '/sip', login: pages },
      phone: phone(),
      agent: callAgents.agents.default.profile,
      agents: callAgents.agents.profiles,
      capture: options.capture ?? 'auto',
      ringMs: options.ringMs,
      recording: options.pageRecording ?? { automatic: false, limitMb: 1_024 },
    }),
    doctor: () => doctor.report(),
    callControl: signaling.control,
    sendMessage: (to, text) => signaling.sendMessage(to, text),
    sip: new SipSocket({
      target: () => signaling.transports.find(({ protocol }) => protocol === 'ws'),
      flowClosed: (source) => signaling.flowClosed(source),
      log,
    }),
    voice,
    directAgents: () => callAgents.agents.directUrls,
    agent: {
      address: (id) => {
        const { agent, target } = callAgents.of(id);
        return agent.settings.direct ? target.url : undefined;
      },
      remark: (callId, { code, sentence }) => {
        log('warn', sentence, { callId, code });
        const at = new Date().toISOString();
        tell({ type: 'agent', at, callId, what: 'remark', code, sentence });
      },
    },
  });
  stack.push(() => media.close());
  stack.push(() => signaling.close());
  const patience = delay(CONNECT_WAIT_MS, undefined, { ref: false });
  await Promise.all([
    media.connect(),
    Promise.race([signaling.connect(), patience]),
    agentWatch.look(),
  ]);
  await origin.listen();
  stack.push(() => origin.close());

  return {
    url: url(),
    newPageUrl: () => (lan ? withToken(url(), lan.access) : url()),
    phone: phone(),
    phonePassword: users?.values().next().value,
    lan: lan &&
      certificate && {
        addresses: lan.addresses(),
        madePassword: options.auth?.users.size === 0,
        fingerprint: certificate.fingerprint,
        certificateFrom: certificate.from,
      },
    agentName: callAgents.agents.default.profile.name,
    status,
    reconfigure: (next) => {
      // Throws on what cannot be, before anything has changed.
      callAgents.reconfigure(next);
      isDebug = next.log.level === 'debug';
      signaling.reconfigure({
        extensions: next.extensions,
        ...(next.auth && { users: phoneUsers(next, lan) ?? next.auth.users }),
      });
      events.tell({ type: 'config', at: new Date().toISOString() });
      void agentWatch.look();
    },
    close: async () => {
      // While the page can still be told.
      await signaling.close();
      await close();
    },
  };
}

/** Its first line only, which holds no secret; the whole message is in the call's trace. */
function logMessage(
  log: Log,
  { direction, protocol, remote, text, callId, leg }: TraceEntry,
): void {
  const way = direction === 'in' ? 'from' : 'to';
  const message = `SIP ${way} ${leg} ${protocol} ${placeOf(remote)}: ${summaryOf(text)}`;
  log('debug', message, { callId });
}

async function certificateOf(
  { lan: isOpen, sipTls, certificate }: BridgeOptions,
  lan: Lan | undefined,
): Promise<TlsCertificate | undefined> {
  if ((!isOpen && !sipTls) || !certificate) return undefined;
  const addresses = (lan?.addresses() ?? []).map(({ address }) => address);
  const names = [...new Set(['localhost', '127.0.0.1', ...addresses])];
  return openCertificate({ ...certificate, names });
}

/** Those that are configured; on a network without any, the one that is made. */
function phoneUsers(
  { auth }: BridgeOptions,
  lan: Lan | undefined,
): ReadonlyMap<string, string> | undefined {
  if (!auth) return undefined;
  return auth.users.size > 0 || !lan ? auth.users : new Map([[lan.phone.user, lan.phone.password]]);
}
