/**
 * What of the ng protocol the embedded engine does. `done` holds the names it acts on, `implied`
 * those that ask for what it does anyway, or for nothing it could do wrong; every other name is
 * answered with a warning that names it. docs/reference/embedded-rtpengine.md says the same in
 * sentences; a test holds both in step.
 */

/** Keys with a list of values, or one of them. */
export const VALUES: Readonly<
  Record<string, { readonly done: readonly string[]; readonly implied: readonly string[] }>
> = {
  ICE: { done: ['force', 'remove', 'default'], implied: [] },
  DTLS: { done: ['passive', 'active', 'off'], implied: [] },
  SDES: { done: [], implied: ['off'] },
  'transport-protocol': {
    done: ['RTP/AVP', 'RTP/AVPF', 'RTP/SAVP', 'RTP/SAVPF', 'UDP/TLS/RTP/SAVP', 'UDP/TLS/RTP/SAVPF'],
    implied: [],
  },
  'address-family': { done: ['IP4', 'IP6'], implied: [] },
  'rtcp-mux': { done: ['offer', 'require', 'accept', 'demux', 'reject'], implied: [] },
  replace: {
    done: ['origin', 'session-connection', 'username', 'session-name', 'SDP-version'],
    implied: ['zero-address'],
  },
  flags: {
    done: [
      'SIP-source-address',
      'all',
      'fatal',
      'full-rtcp-attribute',
      'generate-mid',
      'media-handover',
      'no-rtcp-attribute',
      'original-sendrecv',
      'record-call',
      'single-codec',
      'WebRTC',
    ],
    implied: [
      'allow-asymmetric-codecs',
      'block-egress',
      'debug',
      'directional',
      'fast',
      'inject-DTMF',
      'port-latching',
      'reset',
      'strict-source',
      'strip-extmap',
      'symmetric',
      'trust-address',
    ],
  },
  supports: { done: [], implied: ['load-limit'] },
};

/** Keys with a value of their own. */
export const KEYS = {
  done: [
    'address',
    'blob',
    'call-id',
    'code',
    'codec',
    'command',
    'delete-delay',
    'digit',
    'duration',
    'file',
    'from-label',
    'from-tag',
    'label',
    'limit',
    'media-address',
    'pause',
    'ptime',
    'ptime-reverse',
    'received-from',
    'record-call',
    'recording-file',
    'repeat-times',
    'sdp',
    'set-label',
    'to-label',
    'to-tag',
    'via-branch',
    'volume',
  ],
  implied: ['metadata'],
} as const;

/** Members of the key `codec`, also written as flags: `codec-strip-PCMA`. */
export const CODEC_RULES = {
  done: ['strip', 'mask', 'consume', 'offer', 'except'],
  implied: ['accept'],
} as const;

/** Other spellings rtpengine takes. */
export const ALIASES: Readonly<Record<string, string>> = {
  'DTLS=no': 'off',
  'DTLS=disable': 'off',
  'DTLS=disabled': 'off',
  'SDES=no': 'off',
  'SDES=disable': 'off',
  'SDES=disabled': 'off',
};
