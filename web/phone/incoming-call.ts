/** A call that came in, for the page to answer. */
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { IncomingRequest } from 'jssip/lib/SIPMessage';
import { HEADER_CALL_ID, HEADER_DIALLED, HEADER_EXTENSION, HEADER_FORK } from '../../common/api.ts';
import { isG711Offer } from '../media/offered-codec.ts';
import { headerOf, SipCall } from './sip-call.ts';

export class IncomingCall extends SipCall {
  readonly id: string;
  readonly caller: string;
  readonly dialled: string;
  readonly direction = 'inbound';
  readonly extension: string;
  /** Other pages ring as well: who gets the call is for the bridge to say. */
  readonly isForked: boolean;
  /** Call-ID of this page's own leg. */
  readonly legId: string;
  /** What it offers first carries more than 4 kHz. */
  readonly isWideband: boolean;

  constructor(session: RTCSession, request: IncomingRequest) {
    super(session);
    this.id = headerOf(request, HEADER_CALL_ID) ?? headerOf(request, 'Call-ID') ?? session.id;
    const { display_name: name, uri } = session.remote_identity;
    this.caller = nameOf(name, uri.user);
    this.dialled = headerOf(request, HEADER_DIALLED) ?? request.ruri.user;
    this.extension = headerOf(request, HEADER_EXTENSION) ?? 'default';
    this.isWideband = !isG711Offer(bodyOf(request));
    this.isForked = headerOf(request, HEADER_FORK) !== undefined;
    this.legId = headerOf(request, 'Call-ID') ?? '';
  }

  /**
   * `attach` gets the connection before anything is negotiated: the place to listen for tracks, and
   * to put one's own in when the offer has made a place for it.
   */
  answer(certificate: RTCCertificate, attach: (connection: RTCPeerConnection) => void): void {
    this.session.on('peerconnection', ({ peerconnection }) => attach(peerconnection));
    // One candidate is enough: the media server learns the page's address from its checks.
    this.session.on('icecandidate', ({ ready }) => ready());
    // An empty stream keeps JsSIP from asking for the microphone.
    this.session.answer({
      mediaStream: new MediaStream(),
      pcConfig: { iceServers: [], certificates: [certificate] },
    });
  }

  refuse(status: number, reason: string): void {
    if (this.hasEnded()) return;
    this.session.terminate({ status_code: status, reason_phrase: reason });
  }
}

/** JsSIP leaves the body out of its types. */
function bodyOf(request: IncomingRequest): string {
  const { body } = request as { readonly body?: unknown };
  return typeof body === 'string' ? body : '';
}

/** JsSIP types a missing display name as present. */
function nameOf(display: string | undefined, user: string): string {
  return display === undefined || display === '' || display === user
    ? user
    : `${display} (${user})`;
}
