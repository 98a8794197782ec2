/**
 * What the browser itself takes for a call's audio: a page with nothing in it but a worker that, fifty
 * times a second, reads one packet, sends one frame to an agent and plays one. A second connection of
 * the same page stands for phone and bridge: it speaks by a clock of its own, as they do, and all of it
 * runs on threads that are not counted. What the bridge's page takes more is ours.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright';
import { TestAgent } from '../support/test-agent.ts';
import type { Stack } from './stage.ts';

const WORKER = `
  const FRAME_MS = 20;
  const samples = new Int16Array(160).map((_, i) => 8000 * Math.sin(i / 3));
  const frame = new Int16Array(320);
  let socket;
  onrtctransform = async ({ transformer: { readable } }) => {
    const reader = readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const { byteLength } = value.data;
      frame.fill(byteLength + (value.getMetadata().sequenceNumber ?? 0));
      socket.send(frame);
    }
  };
  onmessage = ({ data: { url, writable } }) => {
    socket = new WebSocket(url);
    socket.onopen = () => postMessage('open');
    const writer = writable.getWriter();
    const began = performance.now();
    let played = 0;
    const play = () => {
      writer.write(new AudioData({
        format: 's16', sampleRate: 8000, numberOfChannels: 1, numberOfFrames: 160,
        timestamp: played * FRAME_MS * 1000, data: samples,
      }));
      played += 1;
      setTimeout(play, Math.ceil(began + played * FRAME_MS - performance.now()));
    };
    play();
  };
`;

/** An expression, given to the page as text. */
const call = (agentUrl: string): string => `(async () => {
  const worker = new Worker('/worker.js');
  const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
  near.onicecandidate = ({ candidate }) => far.addIceCandidate(candidate);
  far.onicecandidate = ({ candidate }) => near.addIceCandidate(candidate);
  const opened = new Promise((resolve) => (worker.onmessage = resolve));
  const element = new Audio();
  far.ontrack = ({ receiver, transceiver, streams: [stream] }) => {
    receiver.transform = new RTCRtpScriptTransform(worker);
    element.muted = true;
    element.srcObject = stream;
    void element.play();
    const generator = new MediaStreamTrackGenerator({ kind: 'audio' });
    transceiver.direction = 'sendrecv';
    void transceiver.sender.replaceTrack(generator);
    const { writable } = generator;
    worker.postMessage({ url: '${agentUrl}/bare', writable }, [writable]);
  };
  const context = new AudioContext();
  const tone = new OscillatorNode(context);
  const { stream } = tone.connect(new MediaStreamAudioDestinationNode(context));
  tone.start();
  const transceiver = near.addTransceiver(stream.getTracks()[0], { streams: [stream] });
  const { codecs } = RTCRtpReceiver.getCapabilities('audio');
  transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType === 'audio/PCMU'));
  await near.setLocalDescription();
  await far.setRemoteDescription(near.localDescription);
  await far.setLocalDescription();
  await near.setRemoteDescription(far.localDescription);
  await opened;
})()`;

/** Runs until the stack is closed. */
export async function openBarePage(browser: Browser, stack: Stack): Promise<TestAgent> {
  const agent = await TestAgent.start();
  stack.push(() => agent.close());
  // A process of its own, which can be told apart from the bridge's page.
  const context = await browser.newContext();
  stack.push(() => context.close());
  const page = await context.newPage();
  await page.goto(await serve(stack));
  await page.evaluate(call(agent.url));
  return agent;
}

/** @returns its address. */
async function serve(stack: Stack): Promise<string> {
  const server = createServer(({ url }, response) => {
    const isWorker = url === '/worker.js';
    response.setHeader('content-type', isWorker ? 'text/javascript' : 'text/html');
    response.end(isWorker ? WORKER : '<!doctype html><title>bare</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
