/**
 * Narrows the audio of an answer to its first codec and the telephone-event beside it. A browser
 * answers with every codec it shares with the offer but only ever sends the first; a PJSIP phone
 * meets an answer of several with an UPDATE that asks for one. rtpengine has a flag for this
 * (single-codec), but it makes it decode, re-encode and renumber the stream; an answer that is
 * narrowed before rtpengine sees it keeps the relay a relay.
 */
import { keepFormats } from '../common/sdp-section.ts';
import { audioIndex, formatSdp, mediaLine, parseSdp, rtpmapOf, SdpError } from './embedded/sdp.ts';

/** Formats that accompany a codec rather than being one. */
const COMPANIONS = /^(telephone-event|CN)\//i;

/** The same text when there is nothing to narrow, or when it is no SDP: that is the engine's to say. */
export function singleCodec(text: string): string {
  try {
    const sdp = parseSdp(text);
    const audio = audioIndex(sdp);
    const media = sdp.media.map((section, index) => (index === audio ? narrow(section) : section));
    return formatSdp({ session: sdp.session, media });
  } catch (thrown) {
    if (thrown instanceof SdpError) return text;
    throw thrown;
  }
}

function narrow(section: readonly string[]): readonly string[] {
  const { formats } = mediaLine(section);
  const isCompanion = (format: string): boolean => COMPANIONS.test(rtpmapOf(section, format));
  const clock = (format: string): string | undefined => rtpmapOf(section, format).split('/')[1];
  const first = formats.find((format) => !isCompanion(format));
  if (first === undefined) return section;
  const kept = formats.filter(
    (format) => format === first || (isCompanion(format) && clock(format) === clock(first)),
  );
  return keepFormats(section, kept);
}
