/**
 * The way to the peer of a dialog: its connection while that stands, the address it was seen at
 * behind a NAT, else its route set or Contact.
 * RFC 3261 §12.2.1.1, RFC 5626 §4.3: https://www.rfc-editor.org/rfc/rfc3261#section-12.2.1.1
 */
import { parseNameAddr } from '../sip/name-addr.ts';
import { parseUri } from '../sip/uri.ts';
import type { Dialog } from './dialog.ts';
import type { Hop, NextHop } from './next-hop.ts';

export function routeOf(dialog: Dialog, nextHop: NextHop, done: (hop: Hop) => void): void {
  if (dialog.flow.protocol !== 'udp' && !dialog.flow.closed) {
    done({ kind: 'flow', flow: dialog.flow });
    return;
  }
  if (dialog.source !== undefined) {
    done({ kind: 'flow', flow: dialog.source });
    return;
  }
  const first = dialog.routeSet[0];
  const uri = parseUri(
    first === undefined ? dialog.remoteTarget : (parseNameAddr(first)?.uri ?? ''),
  );
  if (uri === undefined)
    done({ kind: 'refused', reason: `invalid request-uri: ${dialog.remoteTarget}` });
  else nextHop.find(uri, true, done);
}
