/**
 * A call that the page makes. The page names it: the bridge takes that name for the Call-ID of the
 * phone's leg, so that the agent's session has its id before anybody has answered.
 */
import type { UA } from 'jssip';
import { HEADER_CALL_ID, HEADER_EXTENSION } from '../../common/api.ts';
import { SipCall } from './sip-call.ts';

export interface Dialling {
  /** A number, a registered phone's user, or a sip: URI. */
  readonly to: string;
  /** Given by the bridge when it was asked for the call; otherwise any that is new. */
  readonly id: string;
  readonly extension: string;
  readonly certificate: RTCCertificate;
  /** Gets the connection before the offer is made: the place to put the agent's track in. */
  readonly attach: (connection: RTCPeerConnection) => void;
}

export class OutgoingCall extends SipCall {
  readonly id: string;
  readonly caller: string;
  readonly dialled: string;
  readonly direction = 'outbound';
  readonly extension: string;

  /** @throws what JsSIP throws at an address that is none. */
  constructor(ua: UA, { to, id, extension, certificate, attach }: Dialling) {
    super(
      ua.call(to, {
        // An empty stream keeps JsSIP from asking for the microphone.
        mediaStream: new MediaStream(),
        pcConfig: { iceServers: [], certificates: [certificate] },
        extraHeaders: [`${HEADER_CALL_ID}: ${id}`, `${HEADER_EXTENSION}: ${extension}`],
        eventHandlers: {
          peerconnection: ({ peerconnection }: { peerconnection: RTCPeerConnection }) =>
            attach(peerconnection),
          // One candidate is enough: the media server learns the page's address from its checks.
          icecandidate: ({ ready }: { ready: () => void }) => ready(),
        },
      }),
    );
    this.id = id;
    this.extension = extension;
    const { user, host } = this.session.remote_identity.uri;
    this.caller = user === '' ? host : user;
    this.dialled = to;
  }
}
