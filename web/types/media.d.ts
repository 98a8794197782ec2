/**
 * What TypeScript's DOM library lacks of the APIs the media path stands on: the worker's side of
 * encoded transforms (https://www.w3.org/TR/webrtc-encoded-transform/). Narrow on purpose: only what
 * is used.
 */
interface RTCRtpScriptTransformer {
  readonly readable: ReadableStream<RTCEncodedAudioFrame>;
  readonly writable: WritableStream<RTCEncodedAudioFrame>;
  readonly options: unknown;
}

interface RTCTransformEvent extends Event {
  readonly transformer: RTCRtpScriptTransformer;
}

interface RTCRtpReceiver {
  transform: RTCRtpScriptTransform | null;
}

/** https://webaudio.github.io/web-audio-api/#dom-audiocontextoptions-sinkid */
interface AudioContextOptions {
  sinkId?: string | { readonly type: 'none' };
}
