/**
 * Takes secrets out of a SIP message before it is stored or shown: digest responses (they can be
 * guessed at offline), passwords in URIs, keys and ICE passwords in SDP. Each byte becomes a `*`, so
 * that lengths, and with them Content-Length, stay true.
 * RFC 7616 §5.9: https://www.rfc-editor.org/rfc/rfc7616#section-5.9
 */

/** What a message with something to hide holds; most hold none of it and are searched once. */
const SUSPECT = /authorization|sips?:[^@:;<>\s"]{1,128}:[^@;<>\s"]{1,128}@|a=crypto:|a=ice-pwd:/i;

/** A whole header, its folded lines included. */
const CREDENTIALS = /^(?:proxy-)?authorization[ \t]*:(?:.|\r\n[ \t])*/gim;

/** The first group stays, what follows it is hidden. */
const IN_CREDENTIALS = [
  /(\bresponse[ \t]*=[ \t]*"?)[^",\s]+/gi,
  /(:[ \t]*(?:basic|bearer)[ \t]+)\S+/gi,
];
const ANYWHERE = [
  /(\bsips?:[^@:;<>\s"]{1,128}:)[^@;<>\s"]{1,128}(?=@)/gi,
  /^(a=crypto:\d+ \S+ inline:)\S+/gm,
  /^(a=ice-pwd:)\S+/gm,
];

export function masked(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return hide(
    text.replace(CREDENTIALS, (header) => hide(header, IN_CREDENTIALS)),
    ANYWHERE,
  );
}

function hide(text: string, secrets: readonly RegExp[]): string {
  return secrets.reduce(
    (shown, secret) =>
      shown.replace(secret, (found: string, kept: string) => {
        return kept + '*'.repeat(Buffer.byteLength(found) - Buffer.byteLength(kept));
      }),
    text,
  );
}
