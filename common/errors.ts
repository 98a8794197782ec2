/**
 * Every error a user can meet, in one table with a stable code. A code never changes its meaning;
 * docs/reference/errors.md explains each with cause and cure (a test keeps the two in step).
 * The same codes are shown in logs, in the page and in reason phrases.
 */
export const ERRORS = {
  PORT_IN_USE: 'A port the bridge needs is taken by another program.',
  BAD_FLAG: 'The command line holds a flag or a value that is not understood.',
  BAD_CONFIG: 'The configuration holds a key or a value that is not understood.',
  DRACHTIO_UNREACHABLE: 'The drachtio server does not answer on its admin port.',
  DRACHTIO_REFUSED: 'The drachtio server refused the secret.',
  RTPENGINE_UNREACHABLE: 'The rtpengine does not answer ng commands.',
  RTPENGINE_REFUSED: 'The rtpengine refused a command.',
  RTP_PORTS_EXHAUSTED: 'Every RTP port of the configured range is in use.',
  MEDIA_ENGINE_LOST: 'The media engine was restarted during a call and forgot it.',
  MEDIA_NO_ICE: 'The ICE checks of the page never reached the media engine.',
  MEDIA_NO_DTLS: 'The DTLS handshake between page and media engine never finished.',
  MEDIA_NO_PHONE_RTP: 'A call is answered and no RTP arrives from the phone.',
  MEDIA_NOT_FORWARDED: 'RTP of the phone reaches the media engine and not the page.',
  MEDIA_NO_PAGE_RTP: 'A call is answered and no RTP arrives from the page.',
  MEDIA_SILENT: 'RTP has stopped in the middle of a call.',
  AGENT_UNREACHABLE: 'The agent endpoint cannot be reached.',
  AGENT_REFUSED: 'The agent endpoint refused the connection.',
  AGENT_CLOSED: 'The agent closed the connection during the call.',
  AGENT_NO_AUDIO: 'The agent takes the caller’s audio and sends none.',
  AGENT_ENDLESS: 'The agent sends audio faster than it can be played, without end.',
  AGENT_SILENCE: 'The agent’s audio is silence.',
  AGENT_ECHO: 'The caller’s own voice comes back in the agent’s audio.',
  AGENT_OPEN_TURN: 'The agent never says that its answer is complete.',
  AGENT_RATE: 'The agent’s audio has another sample rate than is set.',
  AGENT_FORMAT: 'The agent’s audio is in another format than is set.',
  AGENT_SLOW: 'The agent reads slower than the caller speaks.',
  AGENT_BAD_FRAME: 'The agent sent a frame that does not fit the dialect.',
  PLAYOUT_FULL: 'The agent sends so far ahead that its audio no longer fits into memory.',
  BROWSER_UNSUPPORTED: 'This browser lacks an API the page needs.',
  BROWSER_MISSING: 'No Chrome, Chromium or Edge was found.',
  NO_PAGE: 'A phone called while no page was open to answer.',
  PAGE_BUSY: 'Every page that could take the call has its maximum of calls.',
  NOT_REGISTERED: 'What was dialled is no registered phone.',
  NOT_REACHABLE: 'A page dialled a host that it may not call.',
  NO_CODEC: 'The phone offers no audio codec the bridge can carry.',
  NO_CALL: 'No call of that id is known.',
  SIP_MALFORMED: 'A SIP message could not be parsed and was dropped.',
  SIP_TOO_LARGE: 'A SIP message has more bytes or headers than are accepted, and was refused.',
  SIP_FLOOD: 'One address sends more SIP messages than are accepted; the rest was dropped.',
  SIP_OVERLOAD:
    'More SIP transactions, calls or connections than are accepted; new ones are refused.',
  SIP_TIMEOUT: 'A SIP request got no answer in time.',
  RTP_MALFORMED: 'A packet that is not RTP arrived on a media port and was dropped.',
  NG_MALFORMED: 'A datagram on the ng port is not a valid ng command.',
  BAD_WAV: 'A WAV file cannot be read.',
  CALL_FAILED: 'A call ended before it was answered.',
  REGISTER_REFUSED: 'The server refused the registration of the softphone.',
  NO_AUDIO: 'A call was answered, but audio did not flow both ways.',
  NODE_TOO_OLD: 'This version of Node.js is too old for the bridge.',
  PORT_FORBIDDEN: 'A port the bridge needs may not be used by this account.',
  NO_NETWORK: 'An address of the configuration does not exist on this computer.',
  WSL_NAT:
    'The bridge runs in WSL 2 behind its own network, where UDP from Windows does not arrive.',
  CONTAINER_LOOPBACK: 'The bridge runs in a container and listens on loopback only.',
  FIREWALL_POSSIBLE: 'Phones come from the network, and a firewall may drop their packets.',
  CLOCK_UNSTEADY: 'The system clock jumped while it was watched.',
  UDP_BLOCKED: "A datagram sent to the bridge's own address does not come back.",
  DRACHTIO_NO_WS: 'The drachtio server has no WebSocket transport for the page.',
  BROWSER_OLD: 'The browser is old enough to take the slower audio path.',
  NO_PHONE: 'No phone has registered, or not the one that was asked for.',
  MESSAGE_REFUSED: 'A phone did not take an instant message.',
  DTMF_REFUSED: 'A phone did not take a key that was sent to it.',
  HOLD_REFUSED: 'A phone did not agree to being put on hold, or taken off it.',
  TRANSFER_FAILED: 'A call was not transferred.',
  BAD_REQUEST: 'A request to the HTTP API lacks something or holds what is not understood.',
  AGENT_QUERY: 'The agent asks for query parameters that were not given.',
  BAD_BUNDLE: 'A file is no bundle of a recorded call, or a damaged one.',
  RECORDING_FAILED: 'The browser keeps no recording, or no more of one.',
  SOURCE_REFUSED: 'Something came from an address outside private networks and was dropped.',
  PAGE_LOCKED: 'The page of a bridge that is open to a network was opened without its token.',
  BAD_CERTIFICATE: 'The certificate of the page and of SIP over TLS cannot be read or made.',
  OTEL_MISSING: 'Spans are to be sent to a collector, and the packages for that are not installed.',
  DOCKER_DESKTOP:
    'The bridge runs in a container of Docker Desktop, whose UDP ports pass through a program of it.',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a stable code and a sentence that says what happened and what to do. */
export class BridgeError extends Error {
  override readonly name = 'BridgeError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A flag whose value is not what it takes. */
export function badFlag(flag: string, value: string, expected: string): BridgeError {
  return new BridgeError('BAD_FLAG', `${flag} ${value}: expected ${expected}.`);
}

/** Whether the person who started the program has to change how: exit code 2. */
export function isMisuse(thrown: unknown): boolean {
  return (
    thrown instanceof BridgeError && (thrown.code === 'BAD_FLAG' || thrown.code === 'BAD_CONFIG')
  );
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What a program prints of it: its code, where it has one, and its message. */
export function lineOf(thrown: unknown): string {
  return `${thrown instanceof BridgeError ? `${thrown.code}: ` : ''}${messageOf(thrown)}`;
}
