/**
 * Answers an offer of the page's own, up to the media element, and throws it all away. The first
 * answer of a page starts Chrome's audio engine and its output, which takes 70 to 130 ms of the main
 * thread; the first caller should not wait for it. Nothing is gathered and nothing goes out, because
 * no local description is ever set.
 */
export async function rehearse(): Promise<void> {
  const caller = new RTCPeerConnection();
  const callee = new RTCPeerConnection();
  const ear = new Audio();
  ear.muted = true;
  callee.addEventListener('track', ({ track }) => {
    ear.srcObject = new MediaStream([track]);
    ear.play().catch(() => undefined);
  });
  try {
    caller.addTransceiver('audio');
    await callee.setRemoteDescription(await caller.createOffer());
    await callee.createAnswer();
  } finally {
    ear.srcObject = null;
    caller.close();
    callee.close();
  }
}
