import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Softphone, type SoftphoneOptions } from '../../../softphone/softphone.ts';
import { authorizedBy, FarEnd, HOST, respond } from './far-end.ts';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const each of closing.splice(0)) await each.close();
});

async function farEnd(...args: Parameters<typeof FarEnd.open>): Promise<FarEnd> {
  const far = await FarEnd.open(...args);
  closing.unshift(far);
  return far;
}

async function phone(options: Partial<SoftphoneOptions> & Pick<SoftphoneOptions, 'server'>) {
  const softphone = await Softphone.create({
    user: 'agent001',
    userAgent: 'MicroSIP/3.20.5',
    timers: { t1: 50 },
    ...options,
  });
  closing.unshift(softphone);
  return softphone;
}

/** The names of a message's headers, in order. */
function names(text: string): string[] {
  const head = text.split('\r\n\r\n')[0] ?? '';
  return head
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(':')[0] ?? '');
}

describe('registration', () => {
  it('is MicroSIP’s REGISTER, header for header', async () => {
    const far = await farEnd((tx) => respond(tx, 200));
    const softphone = await phone({ server: far.server });
    expect(await softphone.register()).toBe(300);
    const register = await far.seen('REGISTER');
    const { port } = far.server;
    expect(register.startLine).toBe(`REGISTER sip:${HOST}:${port} SIP/2.0`);
    expect(names(register.toString())).toEqual([
      ...['Via', 'Max-Forwards', 'From', 'To', 'Call-ID', 'CSeq', 'User-Agent', 'Contact'],
      ...['Expires', 'Allow', 'Content-Length'],
    ]);
    expect(register.headers.get('via')).toMatch(
      /^SIP\/2\.0\/UDP 127\.0\.0\.1:\d+;rport=\d+;branch=z9hG4bK/,
    );
    expect(register.headers.get('to')).toBe(`<sip:agent001@${HOST}>`);
    expect(register.headers.get('contact')).toMatch(/^<sip:agent001@127\.0\.0\.1:\d+;ob>$/);
    expect(register.headers.get('user-agent')).toBe('MicroSIP/3.20.5');
  });

  it.each(['MD5', 'SHA-256'])('answers a %s challenge once, for leaving too', async (algorithm) => {
    let nonce = 0;
    const far = await farEnd((tx) => {
      if (authorizedBy(tx.request, 'authorization', 'secret')) {
        const expires = tx.request.headers.get('expires') ?? '';
        const contact = tx.request.headers.get('contact') ?? '';
        respond(tx, 200, { headers: { Contact: `${contact};expires=${expires}` } });
        return;
      }
      nonce += 1;
      const challenge = `Digest realm="bridge",nonce="n${nonce}",algorithm=${algorithm},qop="auth"`;
      respond(tx, 401, { headers: { 'WWW-Authenticate': challenge } });
    });
    const softphone = await phone({ server: far.server, password: 'secret' });
    expect(await softphone.register({ expires: 60 })).toBe(60);
    await softphone.unregister();
    const expires = far.requests.map(({ headers }) => headers.get('expires'));
    expect(expires).toEqual(['60', '60', '0', '0']);
    expect(new Set(far.requests.map(({ callId }) => callId)).size).toBe(1);
    const numbers = far.requests.map(({ cseq }) => cseq?.number ?? 0);
    expect(numbers.map((number) => number - (numbers[0] ?? 0))).toEqual([0, 1, 2, 3]);
    expect(names(far.requests[1]?.toString() ?? '').slice(-2)).toEqual([
      'Authorization',
      'Content-Length',
    ]);
  });

  it('gives up after one wrong password and says what to check', async () => {
    const far = await farEnd((tx) =>
      respond(tx, 401, {
        headers: { 'WWW-Authenticate': 'Digest realm="b",nonce="n",qop="auth"' },
      }),
    );
    const softphone = await phone({ server: far.server, password: 'wrong' });
    await expect(softphone.register()).rejects.toMatchObject({
      code: 'REGISTER_REFUSED',
      message: expect.stringMatching(/401 Unauthorized\. Check the user name/) as string,
    });
    expect(far.requests).toHaveLength(2);
  });

  it('tries a second time when only its nonce was stale', async () => {
    const far = await farEnd((tx, { requests }) => {
      const stale = requests.length === 2 ? ',stale=true' : '';
      const challenge = `Digest realm="b",nonce="n${requests.length}",qop="auth"${stale}`;
      if (requests.length === 3) respond(tx, 200);
      else respond(tx, 401, { headers: { 'WWW-Authenticate': challenge } });
    });
    const softphone = await phone({ server: far.server, password: 'secret' });
    await softphone.register();
    expect(authorizedBy(await far.seen('REGISTER', 3), 'authorization', 'secret')).toBe(true);
  });

  it('asks again with the longer time a server wants', async () => {
    const far = await farEnd((tx) => {
      if (tx.request.headers.get('expires') === '600') respond(tx, 200);
      else respond(tx, 423, { headers: { 'Min-Expires': '600' } });
    });
    const softphone = await phone({ server: far.server });
    expect(await softphone.register()).toBe(600);
  });

  it('refreshes five seconds before the granted time ends, and keeps alive meanwhile', async () => {
    // A bare socket, because the transaction layer swallows keep-alives.
    const socket = createSocket('udp4');
    closing.push({ close: () => new Promise((resolve) => socket.close(() => resolve())) });
    const datagrams: string[] = [];
    let arrived: () => void = () => undefined;
    socket.on('message', (data, from) => {
      const text = data.toString();
      datagrams.push(text.split(' ')[0] ?? '');
      if (text.startsWith('REGISTER')) {
        const copied = text
          .split('\r\n')
          .filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
        const answer = ['SIP/2.0 200 OK', ...copied, 'Expires: 20', 'Content-Length: 0', '', ''];
        socket.send(answer.join('\r\n'), from.port, from.address);
      }
      arrived();
    });
    const next = () => new Promise<void>((resolve) => (arrived = resolve));
    await new Promise<void>((resolve) => socket.bind(0, HOST, resolve));

    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const softphone = await phone({ server: { host: HOST, port: socket.address().port } });
    expect(await softphone.register()).toBe(20);
    let arrival = next();
    await vi.advanceTimersByTimeAsync(14_999);
    expect(datagrams).toEqual(['REGISTER']);
    await vi.advanceTimersByTimeAsync(1);
    await arrival;
    while (datagrams.length < 3) {
      arrival = next();
      await arrival;
    }
    expect(datagrams.slice(1).sort()).toEqual(['\r\n', 'REGISTER']);
  });

  it('says that nobody answers, and asks whether the bridge runs', async () => {
    const socket = createSocket('udp4');
    closing.push({ close: () => new Promise((resolve) => socket.close(() => resolve())) });
    await new Promise<void>((resolve) => socket.bind(0, HOST, resolve));
    const { port } = socket.address();
    const softphone = await phone({ server: { host: HOST, port }, timers: { t1: 2 } });
    await expect(softphone.register()).rejects.toMatchObject({
      code: 'SIP_TIMEOUT',
      message: `No answer from ${HOST}:${port} over UDP to REGISTER: is the bridge running?`,
    });
  });

  it('says the same of a TCP port where nobody listens', async () => {
    const far = await farEnd(() => undefined, 'tcp');
    await far.close();
    const softphone = await phone({ server: far.server, transport: 'tcp' });
    await expect(softphone.register()).rejects.toMatchObject({
      code: 'SIP_TIMEOUT',
      message: expect.stringMatching(/cannot be reached over TCP.*is the bridge running/) as string,
    });
  });

  it('registers over TCP with outbound, as PJSIP does', async () => {
    const far = await farEnd((tx) => respond(tx, 200), 'tcp');
    const softphone = await phone({ server: far.server, transport: 'tcp' });
    await softphone.register();
    const register = await far.seen('REGISTER');
    expect(register.headers.get('supported')).toBe('outbound, path');
    expect(register.headers.get('contact')).toMatch(
      /^<sip:agent001@127\.0\.0\.1:\d+;transport=TCP;ob>;reg-id=1;\+sip\.instance="<urn:uuid:[0-9a-f-]{36}>"$/,
    );
  });

  it('ends a waiting registration when closed', async () => {
    const far = await farEnd(() => undefined);
    const softphone = await phone({ server: far.server, timers: {} });
    const registering = expect(softphone.register()).rejects.toMatchObject({ code: 'SIP_TIMEOUT' });
    await far.seen('REGISTER');
    await softphone.close();
    await registering;
  });
});
