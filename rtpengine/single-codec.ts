/**
 * Narrows the audio of an answer to its first codec and the telephone-event beside it. A browser
 * answers with every codec it shares with the offer but only ever sends the first; a PJSIP phone
 * meets an answer of several with an UPDATE that asks for one. rtpengine has a flag for this
 * (single-codec), but it makes it decode, re-encode and renumber the stream; an answer that is
 * narrowed before rtpengine sees it keeps the relay a relay.
 */
import { firstCodecOnly } from './embedded/codecs.ts';
import { audioIndex, formatSdp, parseSdp, SdpError } from './embedded/sdp.ts';

/** The same text when there is nothing to narrow, or when it is no SDP: that is the engine's to say. */
export function singleCodec(text: string): string {
  try {
    const sdp = parseSdp(text);
    const audio = audioIndex(sdp);
    const media = sdp.media.map((section, index) =>
      index === audio ? firstCodecOnly(section) : section,
    );
    return formatSdp({ session: sdp.session, media });
  } catch (thrown) {
    if (thrown instanceof SdpError) return text;
    throw thrown;
  }
}
