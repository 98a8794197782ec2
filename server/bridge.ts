/**
 * The bridge: every part started in the order in which they need each other and stopped in the
 * reverse one. What it is made of is decided here and nowhere else.
 */
import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { startDemoAgent } from '../agent/demo/demo-agent.ts';
import { loadGreeting } from '../agent/demo/greeting.ts';
import type { CallStatus, PageConfig, PartStatus, Status } from '../common/api.ts';
import { BridgeError, messageOf } from '../common/errors.ts';
import type { BridgeEvent } from '../common/events.ts';
import type { Log } from '../common/log.ts';
import { addressTowards, ownAddresses, type OwnAddress } from '../rtpengine/network.ts';
import { startRtpengine } from '../rtpengine/embedded/server.ts';
import { Signaling } from '../signaling/application.ts';
import type { Binding } from '../signaling/bindings.ts';
import type { Refusal } from '../signaling/call-phrases.ts';
import { startDrachtio } from '../signaling/drachtio/server.ts';
import { placeOf, summaryOf, type TraceEntry, type TraceRing } from '../signaling/trace/ring.ts';
import { isWildcard } from '../signaling/sip/local-address.ts';
import { hostOf, hostPort } from '../signaling/sip/uri.ts';
import { probe } from './agent-probe.ts';
import { Agents, callUuidOf, type Agent, type AgentTarget } from './agents.ts';
import { RunningDoctor } from './doctor/running.ts';
import { thisMachine } from './doctor/surroundings.ts';
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
import { ReplayFacts } from './replay-facts.ts';
import { drachtioStatus } from './status.ts';

/** How long start waits for an external drachtio before it goes on without. */
const CONNECT_WAIT_MS = 2000;
const PROBE_MS = 10_000;
/** What a phone shows of a refused call; a reason phrase is ASCII. */
const PHRASES: Readonly<Record<AgentFailure['code'], string>> = {
  AGENT_UNREACHABLE: 'The voice agent cannot be reached',
  AGENT_REFUSED: 'The voice agent refused the connection',
};
const BOTH: readonly ('udp' | 'tcp')[] = ['udp', 'tcp'];
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

/** A drachtio server's admin port; only the embedded one lets its counters be read. */
interface SipServer extends Address {
  readonly secret: string;
  readonly counters?: () => Readonly<Record<string, number>>;
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
  const isEverywhere = !options.drachtio && isWildcard(options.sip.host);
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
  let agents = new Agents(options, demoUrl);
  /** A call keeps the agent it began with, whatever the configuration says later. */
  const agentOfCall = new Map<string, Agent>();
  let agentProblem = await probe(agents.urls);

  const drachtio: SipServer =
    options.drachtio ??
    (await startEmbeddedDrachtio({ options, log, trace, stack, lan, certificate }));
  const rtpengines = options.rtpengines ?? [await startEmbeddedRtpengine(options, log, stack, lan)];

  const changed = () => {
    const isOver = (id: string) => !signaling.calls.some(({ callId }) => callId === id);
    voice.release(isOver);
    for (const id of agentOfCall.keys()) if (isOver(id)) agentOfCall.delete(id);
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
    headersFor: (id) => agentOf(id).target.headers,
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
    ...(isEverywhere && { isOwnHost: (host: string) => ownAddressOf(host, lan) !== undefined }),
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
      address: agents.default.url,
      ok: agentProblem === undefined,
      ...(agentProblem && { problem: agentProblem }),
    },
  });

  const setAgentProblem = (problem: PartStatus['problem']) => {
    if (problem?.message === agentProblem?.message) return;
    agentProblem = problem;
    changed();
  };
  // That something listens is no news of an agent that listens and refuses: the next call is.
  const onProbe = (problem: PartStatus['problem']) => {
    if (problem !== undefined || agentProblem?.code !== 'AGENT_REFUSED') setAgentProblem(problem);
  };
  const probing = setInterval(() => void probe(agents.urls).then(onProbe), PROBE_MS).unref();
  stack.push(() => {
    clearInterval(probing);
    return Promise.resolve();
  });

  const replays = new ReplayFacts();
  const agentOf = (id: string): { agent: Agent; target: AgentTarget } => {
    const call = signaling.calls.find(({ callId }) => callId === id);
    const { caller = '', dialled = '', extension = 'default' } = call ?? replays.get(id) ?? {};
    const phone = call?.direction === 'outbound' ? dialled : caller;
    const agent = agentOfCall.get(id) ?? agents.of(extension);
    if (call) agentOfCall.set(id, agent);
    const facts = { callId: id, caller, dialled, phone, extension, callUuid: callUuidOf(id) };
    return { agent, target: agent.targetFor(facts) };
  };
  // An agent that must be there is: the page has connected it while the phone rang, or it is now.
  const vetoOf = async (call: CallStatus): Promise<Refusal | undefined> => {
    const { agent } = agentOf(call.callId);
    if (call.direction === 'outbound' || agent.settings.whenDown === 'notice') return undefined;
    const failure = await voice.ready(call.callId);
    return failure && { status: 503, reason: PHRASES[failure.code], code: failure.code };
  };
  const voice = new VoiceSocket({
    target: (id) => ({ ...agentOf(id).target, headers: traces.headersFor(id) }),
    traceIdOf: (id) => traces.traceIdOf(id),
    announce: (id, facts) => replays.add(id, facts),
    outcome: setAgentProblem,
    tell,
    log,
  });

  stack.push(() => media.close());
  stack.push(() => signaling.close());
  const patience = delay(CONNECT_WAIT_MS, undefined, { ref: false });
  await Promise.all([media.connect(), Promise.race([signaling.connect(), patience])]);

  // Where the SIP server says it is: an external one is not where our own flags say.
  const sip = (): Address =>
    signaling.transports.find(({ protocol }) => protocol === 'udp') ??
    signaling.transports.find(({ protocol }) => protocol === 'tcp') ??
    options.sip;
  /** Where phones of this network find it; a socket for all addresses has none of its own. */
  const sipForPhones = (): Address => {
    const all = isEverywhere ? ownAddressesOf(lan) : [];
    // Phones are set up with IPv4 addresses, and 0.0.0.0 takes no others.
    const own = addressTowards(all, 4) ?? all[0];
    return own ? { host: own.address, port: sip().port } : sip();
  };
  const phone = (): PageConfig['phone'] => ({
    server: hostAndPort(sipForPhones(), 5060),
    domain: hostAndPort(sipForPhones(), 5060),
    username: users?.keys().next().value ?? 'agent001',
    needsPassword: users !== undefined,
    transports: options.drachtio ? BOTH : (options.sipTransports ?? BOTH),
    ...tlsServer(),
  });
  const tlsServer = (): Pick<PageConfig['phone'], 'tlsServer'> => {
    const tls = signaling.transports.find(({ protocol }) => protocol === 'tls');
    return tls ? { tlsServer: hostPort(sipForPhones().host, tls.port) } : {};
  };
  const url = () => {
    const scheme = lan ? 'https' : 'http';
    const name = lan ? (lan.addresses()[0]?.address ?? 'localhost') : pageHost(options.http.host);
    return `${scheme}://${hostAndPort({ host: name, port: origin.port }, lan ? 443 : 80)}`;
  };
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
      sip: { user: PAGE_USER, domain: sip().host, path: '/sip', login: pages },
      phone: phone(),
      agent: agents.default.profile,
      agents: agents.profiles,
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
    directAgents: () => agents.directUrls,
    agent: {
      address: (id) => {
        const { agent, target } = agentOf(id);
        return agent.settings.direct ? target.url : undefined;
      },
      remark: (callId, { code, sentence }) => {
        log('warn', sentence, { callId, code });
        const at = new Date().toISOString();
        tell({ type: 'agent', at, callId, what: 'remark', code, sentence });
      },
    },
  });
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
    agentName: agents.default.profile.name,
    status,
    reconfigure: (next) => {
      // Throws on what cannot be, before anything has changed.
      agents = new Agents(next, demoUrl);
      isDebug = next.log.level === 'debug';
      signaling.reconfigure({
        extensions: next.extensions,
        ...(next.auth && { users: phoneUsers(next, lan) ?? next.auth.users }),
      });
      events.tell({ type: 'config', at: new Date().toISOString() });
      void probe(agents.urls).then(onProbe);
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

interface EmbeddedDrachtio {
  readonly options: BridgeOptions;
  readonly log: Log;
  readonly trace: TraceRing;
  readonly stack: (() => Promise<void>)[];
  readonly lan: Lan | undefined;
  readonly certificate: TlsCertificate | undefined;
}

async function startEmbeddedDrachtio({
  options,
  log,
  trace,
  stack,
  lan,
  certificate,
}: EmbeddedDrachtio): Promise<SipServer> {
  const { host, port } = options.sip;
  const admin = { host: '127.0.0.1', port: 0, secret: newSecret() };
  const server = await startDrachtio({
    admin,
    transports: [
      ...(options.sipTransports ?? BOTH).map((protocol) => ({ protocol, host, port })),
      ...(options.sipTls && certificate
        ? [{ protocol: 'tls' as const, host, port: options.sipTls.port, tls: certificate }]
        : []),
      // Reached through the origin's /sip only, so any free loopback port will do.
      { protocol: 'ws', host: '127.0.0.1', port: 0 },
    ],
    log,
    ...(lan && { admits: (address: string) => lan.sources.admits('sip', address) }),
    onMessage: (message) => trace.add(message),
  }).catch((error: unknown) => {
    const isPlain = messageOf(error).startsWith('UDP') || messageOf(error).startsWith('TCP');
    if (!(error instanceof BridgeError) || error.code !== 'PORT_IN_USE' || !isPlain) throw error;
    throw new BridgeError(
      'PORT_IN_USE',
      `SIP port ${port} on ${host} is taken, perhaps by a softphone's local account or another ` +
        `bridge. Stop that program, or use --sip-port ${port + 10} and write ` +
        `${host}:${port + 10} into the phone's server and domain.`,
      { cause: error },
    );
  });
  stack.push(() => server.close());
  return { ...admin, port: server.adminPort, counters: () => ({ ...server.counters }) };
}

async function startEmbeddedRtpengine(
  options: BridgeOptions,
  log: Log,
  stack: (() => Promise<void>)[],
  lan: Lan | undefined,
): Promise<Address> {
  const { min: portMin, max: portMax } = options.rtpPorts;
  const server = await startRtpengine({
    ng: { host: '127.0.0.1', port: 0 },
    rtp: {
      host: options.sip.host,
      portMin,
      portMax,
      ...options.rtpNetwork,
      ...(lan && {
        own: () => lan.addresses(),
        admits: (address: string) => lan.sources.admits('rtp', address),
      }),
    },
    ...(options.recording && { recording: options.recording }),
    log,
  });
  stack.push(() => server.close());
  return { host: '127.0.0.1', port: server.ngPort };
}

function newSecret(): string {
  return randomBytes(16).toString('hex');
}

/** The port is left out where nobody would write it. */
function hostAndPort({ host, port }: Address, usual: number): string {
  return port === usual ? hostOf(host) : hostPort(host, port);
}

/** Browsers treat localhost as a secure context, whatever address stands behind it. */
function pageHost(host: string): string {
  return host === '127.0.0.1' || host === '0.0.0.0' ? 'localhost' : host;
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

function ownAddressesOf(lan: Lan | undefined): readonly OwnAddress[] {
  return lan?.addresses() ?? ownAddresses(networkInterfaces());
}

/** This machine's address of that name, as in a URI. */
function ownAddressOf(host: string, lan: Lan | undefined): OwnAddress | undefined {
  return ownAddressesOf(lan).find(({ address }) => hostOf(address) === host);
}
