/**
 * Instant messages (RFC 3428, https://www.rfc-editor.org/rfc/rfc3428): what a phone writes becomes an
 * event that the page shows, and what the page or a program writes goes to a user's phones.
 */
import { BridgeError, messageOf } from '../common/errors.ts';
import type { BridgeEvent } from '../common/events.ts';
import { nextHopOf, type Binding } from './bindings.ts';
import { aorOf } from './registrar.ts';
import { parseNameAddr } from './sip/name-addr.ts';
import type { SipReply, SipRequest, SrfPort } from './srf.ts';

export interface MessagesOptions {
  readonly srf: Pick<SrfPort, 'request'>;
  readonly phonesOf: (user: string) => readonly Binding[];
  readonly hasPage: () => boolean;
  /** Who the bridge is when it writes, user@domain. */
  readonly self: string;
  readonly tell: (event: BridgeEvent) => void;
}

export class Messages {
  readonly #options: MessagesOptions;

  constructor(options: MessagesOptions) {
    this.#options = options;
  }

  receive(request: SipRequest, reply: SipReply): void {
    const type = (request.get('Content-Type') ?? 'text/plain').split(';')[0]?.trim().toLowerCase();
    // "Is typing" (RFC 3994): nothing to show, nothing to refuse.
    if (type === 'application/im-iscomposing+xml') reply.send(200);
    else if (type !== 'text/plain') reply.send(415, { headers: { Accept: 'text/plain' } });
    else if (!this.#options.hasPage()) reply.send(480, 'No page is open to show it');
    else {
      reply.send(200);
      this.#tell(
        partyOf(request.get('From') ?? ''),
        partyOf(request.get('To') ?? ''),
        request.body,
      );
    }
  }

  /**
   * To every phone of the user.
   * @throws BridgeError NO_PHONE, MESSAGE_REFUSED
   */
  async send(to: string, text: string): Promise<void> {
    const { srf, phonesOf, self } = this.#options;
    const user = to.replace(/^sips?:/i, '').replace(/@.*$/, '');
    const phones = phonesOf(user);
    if (phones.length === 0) {
      throw new BridgeError('NO_PHONE', `No phone is registered as ${user}.`);
    }
    const answers = await Promise.all(
      phones.map(async (phone) => {
        const proxy = nextHopOf(phone);
        const sending = srf.request(phone.contact, {
          method: 'MESSAGE',
          ...(proxy !== undefined && { proxy }),
          headers: {
            From: `<sip:${self}>`,
            To: `<sip:${phone.aor}>`,
            'Content-Type': 'text/plain;charset=UTF-8',
          },
          body: text,
        });
        const answer = await sending.catch((error: unknown) => ({
          status: 503,
          reason: messageOf(error),
        }));
        return { ...answer, aor: phone.aor };
      }),
    );
    const [first] = answers;
    if (first && !answers.some(({ status }) => status >= 200 && status < 300)) {
      throw new BridgeError(
        'MESSAGE_REFUSED',
        `The phone of ${user} did not take the message: ${first.status} ${first.reason}.`,
      );
    }
    this.#tell(self, first?.aor ?? user, text);
  }

  #tell(from: string, to: string, text: string): void {
    this.#options.tell({ type: 'message', at: new Date().toISOString(), from, to, text });
  }
}

function partyOf(header: string): string {
  const uri = parseNameAddr(header)?.uri ?? header;
  return aorOf(uri) ?? uri;
}
