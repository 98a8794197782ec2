/**
 * Runs inside the browser: a peer connection that stands for the phone, joined in the page to the
 * product's own CallMedia. The phone's encoded frames are put in and read out by script transforms,
 * so that the test knows every byte on the "wire" in both directions.
 */
/* global Blob, MediaStream, MediaStreamTrackGenerator, AudioData, RTCPeerConnection, RTCRtpReceiver,
   RTCRtpScriptTransform, URL, Worker, performance, setInterval, clearInterval, setTimeout */

/** Replaces what the phone sends by `packets`, one after the other; reports what it receives. */
const PHONE_WORKER = `
let packets = [];
let next = 0;
onmessage = ({ data }) => { packets = data; };
onrtctransform = async ({ transformer: { options, readable, writable } }) => {
  const writer = writable.getWriter();
  for await (const frame of readable) {
    if (options === 'send') {
      const bytes = packets[next] ?? new Uint8Array(frame.data.byteLength).fill(0xff);
      next += 1;
      frame.data = bytes.slice().buffer;
    } else {
      postMessage({ at: performance.timeOrigin + performance.now(), bytes: new Uint8Array(frame.data.slice(0)) });
    }
    await writer.write(frame);
  }
};`;

/** Starts a call; `end()` closes everything and returns what was seen. */
export async function startCall({ agentUrl, agent, packets, codec, mode = 'auto' }) {
  const { CallMedia } = await import('/media/call-media.ts');
  const { SpareWorker } = await import('/media/spare-worker.ts');
  const workers = new SpareWorker();
  const messages = [];
  const heard = [];
  const media = new CallMedia({
    worker: await workers.take(),
    callId: 'a call',
    agentUrl: () => Promise.resolve(agentUrl),
    openAgent: 'at-once',
    agent,
    capture: mode,
    onMessage: (message) => messages.push(message),
    onEars: () => undefined,
    onConnection: () => undefined,
    onLost: () => messages.push({ type: 'lost' }),
  });

  const worker = new Worker(URL.createObjectURL(new Blob([PHONE_WORKER])));
  worker.onmessage = ({ data }) => heard.push(data);
  worker.postMessage(packets.map((bytes) => Uint8Array.from(bytes)));

  const phone = new RTCPeerConnection();
  const page = new RTCPeerConnection({ iceServers: [] });
  phone.onicecandidate = ({ candidate }) => page.addIceCandidate(candidate);
  page.onicecandidate = ({ candidate }) => phone.addIceCandidate(candidate);

  const microphone = new MediaStreamTrackGenerator({ kind: 'audio' });
  const stopTalking = talk(microphone.writable.getWriter());
  const transceiver = phone.addTransceiver(microphone, { streams: [new MediaStream()] });
  const codecs = RTCRtpReceiver.getCapabilities('audio').codecs;
  transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType === codec));
  if (packets.length > 0) transceiver.sender.transform = new RTCRtpScriptTransform(worker, 'send');
  transceiver.receiver.transform = new RTCRtpScriptTransform(worker, 'receive');

  // From here on in JsSIP's order: attach, set the offer, answer.
  media.attach(page);
  await phone.setLocalDescription();
  await page.setRemoteDescription(phone.localDescription);
  await page.setLocalDescription();
  media.answered();
  await phone.setRemoteDescription(page.localDescription);

  return {
    messages,
    heard,
    get capture() {
      return messages.findLast(({ type }) => type === 'capture')?.capture;
    },
    setCapture: (next) => media.setCapture(next),
    async end() {
      stopTalking();
      phone.close();
      page.close();
      await media.close();
      await workers.close();
      worker.terminate();
    },
  };
}

/** Keeps the phone's track going, 20 ms at a time: the transform needs frames to fill. */
function talk(writer) {
  const start = performance.now();
  let n = 0;
  const timer = setInterval(() => {
    for (; start + n * 20 <= performance.now(); n += 1) {
      const data = new Int16Array(160);
      for (let i = 0; i < 160; i += 1) {
        data[i] = 8_000 * Math.sin((2 * Math.PI * 1_000 * (n * 160 + i)) / 8_000);
      }
      const audio = new AudioData({
        format: 's16',
        sampleRate: 8_000,
        numberOfChannels: 1,
        numberOfFrames: 160,
        timestamp: n * 20_000,
        data,
      });
      writer.write(audio).catch(() => undefined);
    }
  }, 10);
  return () => clearInterval(timer);
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
