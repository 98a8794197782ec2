/**
 * What the bridge can do, for the answers that say so: to OPTIONS (RFC 3261 §11.2,
 * https://www.rfc-editor.org/rfc/rfc3261#section-11.2), to subscriptions and to what it cannot.
 */
export const CAPABILITIES = {
  Allow: 'INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY, MESSAGE, REGISTER',
  Accept: 'application/sdp, application/dtmf-relay, application/dtmf, text/plain',
  Supported: 'replaces, timer, 100rel, norefersub, path, outbound',
} as const;

/** A 489 names the packages there are (RFC 6665 §4.2.1.2); presence and voicemail are none of them. */
export const BAD_EVENT = { headers: { 'Allow-Events': 'refer' } } as const;
