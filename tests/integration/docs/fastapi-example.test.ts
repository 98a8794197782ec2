/** The agent that docs/guides/connect-your-agent.md shows, run as the guide says, and talked to. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, type RawData } from 'ws';
import { dialectOf } from '../../../agent/dialects/registry.ts';
import type { AgentEvent } from '../../../agent/dialects/types.ts';
import { FASTAPI, missing } from '../../setup/programs.ts';
import { blocksOf, read } from '../../support/docs.ts';
import { freePort } from '../../support/free-port.ts';

const reason = missing(FASTAPI);
const SILENCE = Buffer.alloc(640);
const PAUSE_FRAMES = 25;
/** Long enough that its answer is still being spoken when the next frame is looked at. */
const speech = Array.from({ length: 200 }, (_, frame) =>
  Buffer.from(
    Int16Array.from({ length: 320 }, (_, i) => 8_000 * Math.sin((frame * 320 + i) / 7)).buffer,
  ),
);

describe.skipIf(reason !== undefined)(`the guide’s agent ${reason ?? ''}`, () => {
  let folder: string;
  let agent: ChildProcess;
  let url: string;
  let printed = '';

  beforeAll(async () => {
    const [code = ''] = blocksOf(read('docs', 'guides', 'connect-your-agent.md'), 'python');
    folder = await mkdtemp(join(tmpdir(), 'guide-agent-'));
    await writeFile(join(folder, 'agent.py'), code);
    const port = await freePort();
    url = `ws://127.0.0.1:${port}/api/v1/ws/voice/call-1?tenant_id=1&phone_number=555`;
    const args = ['-u', '-m', 'uvicorn', 'agent:app', '--port', String(port)];
    agent = spawn(FASTAPI.find() ?? '', args, { cwd: folder });
    await new Promise<void>((resolve, reject) => {
      const note = (chunk: Buffer) => {
        printed += chunk.toString();
        if (printed.includes('Uvicorn running')) resolve();
      };
      agent.stdout?.on('data', note);
      agent.stderr?.on('data', note);
      agent.once('exit', () => reject(new Error(`The agent does not start:\n${printed}`)));
    });
  });

  afterAll(async () => {
    if (agent.exitCode === null) {
      const exited = once(agent, 'exit');
      agent.kill();
      await exited;
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('says back what it heard, in events the bridge knows, and yields to the caller', async () => {
    const socket = new WebSocket(url);
    const dialect = dialectOf('talky').start({ callId: 'call-1', attempt: 0 });
    const events: AgentEvent[] = [];
    const audio: Buffer[] = [];
    socket.on('message', (data: RawData, isBinary: boolean) => {
      if (isBinary) audio.push(data as Buffer);
      else {
        const { event } = dialect.receive((data as Buffer).toString());
        if (event) events.push(event);
      }
    });
    await once(socket, 'open');
    const said = [...speech, ...Array<Buffer>(PAUSE_FRAMES).fill(SILENCE)];
    for (const frame of [SILENCE, ...said, ...speech.slice(0, 1)]) socket.send(frame);
    await expect.poll(() => events.length).toBe(4);
    expect(Buffer.concat(audio).equals(Buffer.concat(said))).toBe(true);
    expect(events).toMatchObject([
      { type: 'transcript', text: '4.5 seconds of speech', final: true },
      { type: 'llm_response', text: 'I say it back.' },
      { type: 'turn_complete' },
      { type: 'barge_in' },
    ]);
    socket.close();
    await expect.poll(() => printed).toContain('call-1 has ended');
    expect(printed).toContain('555 calls: call-1');
  });
});
