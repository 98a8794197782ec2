import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decodeG711, encodeG711 } from '../../../audio/g711.ts';
import { readWav, writeWav } from '../../../audio/wav.ts';
import { Headers } from '../../../signaling/sip/headers.ts';
import { SipRequest } from '../../../signaling/sip/message.ts';
import type { ServerTransaction } from '../../../signaling/sip/server-transaction.ts';
import { runDial } from '../../../softphone/cli.ts';
import { RtpSession } from '../../../softphone/rtp-session.ts';
import { parseSdp } from '../../../softphone/sdp.ts';
import type { Summary } from '../../../softphone/summary.ts';
import { FarEnd, HOST, respond, TO_TAG } from './far-end.ts';

let folder = '';
const closing: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'softphone-cli-'));
});
afterEach(async () => {
  for (const each of closing.splice(0)) await each.close();
});
afterAll(() => rm(folder, { recursive: true }));

const SPEECH = Int16Array.from({ length: 4000 }, (_, n) => ((n * 7919) % 30_000) - 15_000);

/** A server that answers every call and says `play`; `undefined` answers without any audio. */
async function answering(play: Int16Array | undefined, status = 200) {
  let packets = 0;
  let done: () => void = () => undefined;
  const heard = new Promise<void>((resolve) => (done = resolve));
  const media = await RtpSession.open({
    host: HOST,
    ...(play && { play }),
    onPacketReceived: () => {
      packets += 1;
      if (packets === 5) done();
    },
  });
  const far = await FarEnd.open((tx, { contact }) => {
    if (tx.request.method !== 'INVITE' || status !== 200) {
      respond(tx, tx.request.method === 'INVITE' ? status : 200);
      return;
    }
    respond(tx, 100);
    respond(tx, 180, { headers: { Contact: contact } });
    pickUp(tx, contact);
  });
  const pickUp = (tx: ServerTransaction, contact: string): void => {
    const remote = parseSdp(tx.request.body.toString());
    if (!remote) throw new Error('no SDP');
    const format = remote.formats[0] ?? { codec: 'pcmu', payloadType: 0 };
    media.expect([format], 101);
    media.negotiate(remote, { ...format, eventPayloadType: 101 });
    const sdp = `v=0\r\no=- 1 1 IN IP4 ${HOST}\r\ns=-\r\nc=IN IP4 ${HOST}\r\nt=0 0\r\nm=audio ${media.port} RTP/AVP ${format.payloadType}\r\n`;
    respond(tx, 200, { headers: { Contact: contact }, sdp });
    if (play) media.start();
  };
  closing.push(media, far);
  return { far, media, heard, server: `${HOST}:${far.server.port}` };
}

function byeTo(invite: SipRequest, port: number): SipRequest {
  const headers = new Headers()
    .add('Max-Forwards', '70')
    .add('From', `${invite.headers.get('to') ?? ''};tag=${TO_TAG}`)
    .add('To', invite.headers.get('from') ?? '')
    .add('Call-ID', invite.callId)
    .add('CSeq', '1 BYE');
  return new SipRequest('BYE', `sip:agent001@${HOST}:${port}`, headers);
}

async function run(argv: string[], interrupt?: AbortSignal) {
  let stdout = '';
  let stderr = '';
  const code = await runDial(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    ...(interrupt && { interrupt }),
  });
  return { code, stdout, stderr };
}

describe('dial', () => {
  it('registers, calls, plays, records, hangs up, leaves: exit code 0', async () => {
    const { far, media, server } = await answering(SPEECH);
    const play = join(folder, 'caller.wav');
    const record = join(folder, 'heard.wav');
    await writeFile(play, writeWav({ sampleRate: 8000, channels: [SPEECH] }));
    const argv = ['--to', '1000', '--server', server, '--play', play, '--record', record];
    const { code, stdout, stderr } = await run([...argv, '--seconds', '1.5', '--json']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const summary = JSON.parse(stdout) as Summary;
    expect(summary).toMatchObject({
      ok: true,
      exitCode: 0,
      to: '1000',
      status: 200,
      reason: 'OK',
      codec: 'pcmu',
      received: { lost: 0, outOfOrder: 0 },
      endedBy: 'local',
      cause: 'hangup',
      record,
    });
    expect(stdout.split('\n')).toHaveLength(2);
    const methods = far.requests.map(({ method }) => method);
    expect(methods).toEqual(['REGISTER', 'INVITE', 'ACK', 'BYE', 'REGISTER']);
    expect(far.requests[4]?.headers.get('expires')).toBe('0');
    expect(summary.callId).toBe(far.requests[1]?.callId);
    expect(summary.sent.packets).toBe(media.statistics.received.packets);
    const { trying, ringing, answered, firstRtp } = summary.timesMs;
    const order = [0, trying ?? -1, ringing ?? -1, answered ?? -1];
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(firstRtp).toBeGreaterThan(0);

    const heard = readWav(await readFile(record));
    expect(heard.sampleRate).toBe(8000);
    const samples = heard.channels[0] ?? new Int16Array(0);
    expect(samples.length).toBeGreaterThanOrEqual(1.5 * 8000);
    // The far end's speech from its second packet on: the first may have come before the answer.
    const codes = new Uint8Array(SPEECH.length);
    const expected = new Int16Array(SPEECH.length);
    encodeG711('pcmu', SPEECH, codes);
    decodeG711('pcmu', codes, expected);
    const marker = expected.subarray(160).join();
    expect(samples.join().includes(marker)).toBe(true);
  });

  it('prints a summary for people, without registering', async () => {
    const { far, server } = await answering(SPEECH);
    const argv = ['--to', '1000', '--server', server, '--seconds', '0.2', '--no-register'];
    const { code, stdout } = await run([...argv, '--codec', 'both']);
    expect(code).toBe(0);
    expect(far.requests.map(({ method }) => method)).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(stdout).toMatch(/^calling 1000$/m);
    expect(stdout).toMatch(
      /^1000: 200 OK: 100 after [\d.]+ ms, ringing after [\d.]+ ms, answered after [\d.]+ ms, first audio after [\d.]+ ms$/m,
    );
    expect(stdout).toMatch(
      /^PCMA: sent \d+ packets; received \d+, lost 0, out of order 0, jitter [\d.]+ ms$/m,
    );
    expect(stdout).toMatch(/^hung up here after 0\.2 s$/m);
  });

  it('exits with 3 when not registered', async () => {
    const far = await FarEnd.open((tx) => respond(tx, 403));
    closing.push(far);
    const server = `${HOST}:${far.server.port}`;
    const { code, stdout, stderr } = await run(['--to', '1000', '--server', server, '--json']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^REGISTER_REFUSED: .* refused to register agent001: 403 Forbidden\./);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      exitCode: 3,
      error: { code: 'REGISTER_REFUSED' },
    });
  });

  it('exits with 4 when not answered, and shows the phrase', async () => {
    const { server } = await answering(undefined, 480);
    const { code, stdout } = await run(['--to', '1000', '--server', server]);
    expect(code).toBe(4);
    expect(stdout).toContain('1000 did not answer: 480 Temporarily Unavailable.');
  });

  it('exits with 5 when no audio comes back', async () => {
    const { server } = await answering(undefined);
    const argv = ['--to', '1000', '--server', server, '--seconds', '0.1', '--json'];
    const { code, stdout } = await run(argv);
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      status: 200,
      error: { code: 'NO_AUDIO' },
    });
  });

  it('exits with 2 for a bad flag and for a file that is no WAV', async () => {
    expect(await run(['--seconds', '1'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^BAD_FLAG: --to is missing/) as string,
    });
    const { code, stderr } = await run(['--to', '1', '--play', join(folder, 'none.wav')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^BAD_WAV: .*none\.wav cannot be read/);
    const record = join(folder, 'no-such-folder', 'x.wav');
    expect(await run(['--to', '1', '--record', record])).toMatchObject({ code: 2 });
  });

  it('explains itself', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: npm run dial/);
  });

  it('hangs up when interrupted, and still says what happened', async () => {
    const { far, heard, server } = await answering(SPEECH);
    const interrupt = new AbortController();
    const running = run(['--to', '1000', '--server', server, '--json'], interrupt.signal);
    await heard;
    interrupt.abort();
    const { code, stdout } = await running;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, endedBy: 'local', cause: 'hangup' });
    expect(far.requests.at(-1)?.headers.get('expires')).toBe('0');
  });

  it('ends with the far end', async () => {
    const { far, heard, server } = await answering(SPEECH);
    const running = run(['--to', '1000', '--server', server, '--json', '--no-register']);
    const invite = await far.seen('INVITE');
    await heard;
    const port = Number(/@[^:>]+:(\d+)/.exec(invite.headers.get('contact') ?? '')?.[1]);
    const bye = byeTo(invite, port);
    expect(await far.request(bye, far.flowTo(port))).toMatchObject({ status: 200 });
    const { stdout } = await running;
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, endedBy: 'remote', cause: 'hangup' });
  });
});
