/**
 * Leaves out of a description which SSRC the other side will send (RFC 5576). A browser that was told
 * one hands up that stream and no other: when another phone takes over after a transfer, or a phone
 * starts its stream anew, its packets arrive and are never heard. Told none, it takes what comes.
 * The embedded engine leaves it out by itself; rtpengine hands through what the phone wrote.
 */
export function anySource(sdp: string): string {
  return sdp.replace(/^a=ssrc(?:-group)?:.*(?:\r?\n|$)/gm, '');
}
