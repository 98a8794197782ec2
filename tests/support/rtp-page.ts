/**
 * A WebRTC page without a browser: a node-datachannel peer connection that answers (or makes) an
 * offer and gives its track's packets out as they are. It hides its candidates, like a page
 * without microphone permission, so that the relay has to learn it from its checks.
 *
 * Its checks begin with start(), when both sides have their descriptions: two libdatachannels in one
 * process are so quick that a handshake can end before its fingerprint is stored.
 */
import { Audio, PeerConnection, type Track } from 'node-datachannel';
import { Inbox } from './rtp.ts';

export class RtpPage {
  readonly rtp = new Inbox();
  readonly rtcp = new Inbox();
  lastAnswer = '';
  readonly #peer: PeerConnection;
  #track: Track | undefined;
  #candidates: readonly string[] = [];
  #mid = '';
  readonly #opened: Promise<void>;
  #onOpen: () => void = () => undefined;
  readonly #closed: Promise<void>;

  constructor(host = '127.0.0.1') {
    this.#peer = new PeerConnection('page', {
      iceServers: [],
      bindAddress: host,
      disableAutoNegotiation: true,
      forceMediaTransport: true,
    });
    this.#opened = new Promise((resolve) => (this.#onOpen = resolve));
    this.#closed = new Promise((resolve) => {
      this.#peer.onStateChange((state) => {
        if (state === 'closed') resolve();
      });
    });
    this.#peer.onTrack((track) => this.#take(track));
  }

  get state(): string {
    return this.#peer.state();
  }

  async answer(offer: string): Promise<string> {
    this.#peer.setRemoteDescription(this.#withoutCandidates(offer), 'offer');
    this.lastAnswer = await this.#describe('answer');
    return this.lastAnswer;
  }

  async offer(): Promise<string> {
    const audio = new Audio('audio', 'SendRecv');
    audio.addAudioCodec(0, 'PCMU');
    audio.addAudioCodec(8, 'PCMA');
    audio.addAudioCodec(101, 'telephone-event');
    this.#take(this.#peer.addTrack(audio));
    return this.#describe('offer');
  }

  accept(answer: string): void {
    this.#peer.setRemoteDescription(this.#withoutCandidates(answer), 'answer');
  }

  /** Lets ICE begin; resolves when it and DTLS are up. */
  async start(): Promise<void> {
    for (const candidate of this.#candidates) this.#peer.addRemoteCandidate(candidate, this.#mid);
    await this.#opened;
  }

  send(packet: Buffer): void {
    this.#track?.sendMessageBinary(packet);
  }

  async close(): Promise<void> {
    this.#peer.close();
    await this.#closed;
  }

  #take(track: Track): void {
    this.#track = track;
    track.onOpen(() => this.#onOpen());
    if (track.isOpen()) this.#onOpen();
    track.onMessage((packet) => {
      const isRtcp = ((packet[1] ?? 0) & 0x7f) >= 64 && ((packet[1] ?? 0) & 0x7f) <= 95;
      (isRtcp ? this.rtcp : this.rtp).push(packet);
    });
  }

  #withoutCandidates(sdp: string): string {
    const lines = sdp.split('\r\n');
    this.#mid = /^a=mid:(.*)$/m.exec(sdp)?.[1]?.trim() ?? '';
    this.#candidates = lines.filter((line) => line.startsWith('a=candidate:'));
    return lines.filter((line) => !isCandidate(line)).join('\r\n');
  }

  async #describe(type: 'offer' | 'answer'): Promise<string> {
    const complete = new Promise<void>((resolve) => {
      this.#peer.onGatheringStateChange((state) => {
        if (state === 'complete') resolve();
      });
    });
    this.#peer.setLocalDescription(type);
    await complete;
    const sdp = this.#peer.localDescription()?.sdp ?? '';
    return (
      sdp
        // It writes the number of channels where browsers leave it out, and takes events for Opus.
        .replace(/(PCM[UA]|telephone-event)\/.*/g, '$1/8000')
        .split('\r\n')
        .filter((line) => !isCandidate(line))
        .join('\r\n')
    );
  }
}

function isCandidate(line: string): boolean {
  return /^a=(candidate|end-of-candidates)/.test(line);
}
