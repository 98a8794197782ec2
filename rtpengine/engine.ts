/**
 * The media port of the application: rtpengine's ng commands with types. Names and shapes are the
 * ng protocol's own (`call-id`, `from-tag`, `rtcp-mux` …), so that rtpengine's documentation is
 * also the documentation of this file: https://rtpengine.readthedocs.io/en/latest/ng_control_protocol.html
 * Only what the bridge uses is listed.
 */

/** Who and what an offer or an answer is about. */
export interface MediaParams extends MediaFlags {
  readonly 'call-id': string;
  readonly 'from-tag': string;
  /** Tells apart the offers one caller has open at the same time; the answer names the same. */
  readonly 'via-branch'?: string;
  readonly sdp: string;
}

export interface OfferParams extends MediaParams {
  /** Present in re-INVITEs: the dialog exists already, its ports and keys stay. */
  readonly 'to-tag'?: string;
}

export interface AnswerParams extends MediaParams {
  readonly 'to-tag': string;
}

/** How the SDP that comes out is to look; profiles.ts has the combinations in use. */
export interface MediaFlags {
  readonly ICE?: 'force' | 'remove' | 'default';
  readonly 'transport-protocol'?:
    'RTP/AVP' | 'RTP/AVPF' | 'RTP/SAVPF' | 'UDP/TLS/RTP/SAVP' | 'UDP/TLS/RTP/SAVPF';
  readonly 'rtcp-mux'?: readonly ('offer' | 'require' | 'accept' | 'demux' | 'reject')[];
  readonly DTLS?: 'passive' | 'active' | 'off';
  /** Always a list: rtpengine ignores a bare string. */
  readonly SDES?: readonly 'off'[];
  readonly flags?: readonly (
    | 'full-rtcp-attribute'
    | 'generate-mid'
    | 'inject-DTMF'
    | 'media-handover'
    | 'no-rtcp-attribute'
    | 'original-sendrecv'
    | 'record-call'
    | 'single-codec'
    | 'SIP-source-address'
    | 'trust-address'
  )[];
  readonly replace?: readonly (
    'origin' | 'session-connection' | 'session-name' | 'SDP-version' | 'username' | 'zero-address'
  )[];
  /** With the flag SIP-source-address: where the SIP message came from, e.g. ['IP4', '192.0.2.7']. */
  readonly 'received-from'?: readonly ['IP4' | 'IP6', string];
  /** In place of both that and the address in the SDP. */
  readonly 'media-address'?: string;
  /** Which codecs go on; `all` stands for every one. */
  readonly codec?: {
    readonly strip?: readonly string[];
    readonly mask?: readonly string[];
    readonly offer?: readonly string[];
    readonly except?: readonly string[];
  };
  /** Milliseconds to write into a=ptime. */
  readonly ptime?: number;
  readonly 'ptime-reverse'?: number;
  /** The application's own name for the party whose SDP this is; query tells it. */
  readonly label?: string;
}

export interface CallParams {
  readonly 'call-id': string;
  readonly 'from-tag'?: string;
  readonly 'to-tag'?: string;
  /** With delete: only the party whose offer had this branch. */
  readonly 'via-branch'?: string;
}

/** A party of a call, by its tag or its label; the whole call when neither is given. */
export interface PartyParams {
  readonly 'call-id': string;
  readonly 'from-tag'?: string;
  readonly label?: string;
}

export interface PlayMediaParams extends PartyParams {
  /** A WAV file where the engine runs, or the bytes of a short one. */
  readonly file?: string;
  readonly blob?: Uint8Array;
  readonly 'repeat-times'?: number;
}

export interface PlayDtmfParams extends PartyParams {
  /** One of 0–9, *, #, A–D. */
  readonly code: string;
  /** Milliseconds, 100 to 5000; 250 when not given. */
  readonly duration?: number;
  /** Milliseconds before the next digit, 100 to 5000. */
  readonly pause?: number;
  /** dB below full scale; 8 when not given. */
  readonly volume?: number;
}

export interface StartRecordingParams {
  readonly 'call-id': string;
  /** An absolute path, ending in .wav or .pcap; the engine chooses a name in its folder otherwise. */
  readonly 'recording-file'?: string;
}

export interface SdpResult {
  readonly sdp: string;
  /** What the engine took note of but could not do. */
  readonly warning?: string;
}

export interface Endpoint {
  readonly family: string;
  readonly address: string;
  readonly port: number;
}

export interface PacketTotals {
  readonly packets: number;
  readonly bytes: number;
  readonly errors: number;
}

export interface StreamInfo {
  readonly 'local port': number;
  readonly 'local address'?: string;
  readonly endpoint?: Endpoint;
  readonly 'advertised endpoint'?: Endpoint;
  /** Unix seconds of the last packet received. */
  readonly 'last packet': number;
  readonly flags: readonly string[];
  readonly SSRC?: number;
  /** Of packets received from this endpoint. */
  readonly stats: PacketTotals;
  /** How it arrives; the embedded engine tells it of RTP, rtpengine does not. */
  readonly reception?: Reception;
}

export interface Reception {
  readonly packets: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly 'out of order': number;
  /** µs */
  readonly jitter: number;
}

export interface MediaInfo {
  readonly index: number;
  readonly type: string;
  readonly protocol: string;
  /** Of the packets received, `PCMA/8000`. */
  readonly codec?: string;
  readonly streams: readonly StreamInfo[];
  readonly flags: readonly string[];
}

export interface TagInfo {
  readonly tag: string;
  readonly label?: string;
  readonly 'via-branch'?: string;
  readonly created: number;
  /** Whom it hears. */
  readonly subscriptions: readonly { readonly tag: string; readonly type: string }[];
  readonly medias: readonly MediaInfo[];
}

export interface QueryResult {
  /** Unix seconds. */
  readonly created: number;
  readonly 'last signal': number;
  readonly tags: Readonly<Record<string, TagInfo>>;
  readonly totals: { readonly RTP: PacketTotals; readonly RTCP: PacketTotals };
}

/** rtpengine as the application sees it; every method rejects with a BridgeError only. */
export interface MediaEngine {
  /** host:port of the ng socket. */
  readonly address: string;
  ping(): Promise<void>;
  /** Takes the caller's SDP, gives the SDP for the callee, who takes any SSRC (any-source.ts). */
  offer(params: OfferParams): Promise<SdpResult>;
  /** Takes the callee's SDP, gives the SDP for the caller, with one codec (single-codec.ts). */
  answer(params: AnswerParams): Promise<SdpResult>;
  /** Ends a call and frees its ports at once; a call the engine does not know is no error. */
  delete(params: CallParams): Promise<void>;
  query(params: CallParams): Promise<QueryResult>;
  /** Call-IDs, 32 at most unless told otherwise. */
  list(limit?: number): Promise<readonly string[]>;
  /** rtpengine's own figures since its start, as it names them. */
  statistics(): Promise<Readonly<Record<string, unknown>>>;
  /** Drops what the party sends. */
  blockMedia(params: PartyParams): Promise<void>;
  unblockMedia(params: PartyParams): Promise<void>;
  /** Drops its DTMF events, and nothing else. */
  blockDtmf(params: PartyParams): Promise<void>;
  unblockDtmf(params: PartyParams): Promise<void>;
  /** Sends silence in place of what the party says. */
  silenceMedia(params: PartyParams): Promise<void>;
  unsilenceMedia(params: PartyParams): Promise<void>;
  /** Lets the party hear a WAV; resolves, as soon as that begins, with how long it is in ms. */
  playMedia(params: PlayMediaParams): Promise<{ readonly duration?: number }>;
  stopMedia(params: PartyParams): Promise<void>;
  /** Lets the party press a key, so that the other one hears it. The real rtpengine needs the flag
   * inject-DTMF in offer and answer. */
  playDtmf(params: PlayDtmfParams): Promise<void>;
  /** Records all of the call from now on, where the engine is configured to; see there for what. */
  startRecording(params: StartRecordingParams): Promise<{ readonly file?: string }>;
  /** Resolves when the file is whole. */
  stopRecording(params: { readonly 'call-id': string }): Promise<void>;
  /** Rejects what is pending; idempotent. */
  close(): Promise<void>;
}
