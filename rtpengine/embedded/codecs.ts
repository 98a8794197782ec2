/**
 * Which codecs of an SDP go on to the other side: the ng protocol's `codec` rules, as far as a relay
 * that does not transcode can follow them
 * (https://rtpengine.readthedocs.io/en/latest/ng_control_protocol.html). A codec is named as in
 * a=rtpmap, with or without its parameters (`opus`, `opus/48000/2`), or by its payload type.
 */
import { keepFormats } from '../../common/sdp-section.ts';
import { mediaLine, rtpmapOf } from './sdp.ts';

export interface CodecRules {
  /** Not to go on; `all` or `full` is every codec but those of the next two. */
  readonly strip: readonly string[];
  /** To go on, first and in this order. */
  readonly offer: readonly string[];
  /** To go on where everything else is stripped. */
  readonly except: readonly string[];
}

/** Formats that accompany a codec rather than being one. */
const COMPANIONS = /^(telephone-event|CN)\//i;

/** The section with the codecs the rules leave; unchanged when they would leave none. */
export function applyCodecRules(section: readonly string[], rules: CodecRules): readonly string[] {
  const { formats } = mediaLine(section);
  const named = (names: readonly string[], format: string): boolean =>
    names.some((name) => isNamed(name, section, format));
  const all = rules.strip.some((name) => name === 'all' || name === 'full');
  const kept = formats.filter((format) =>
    all ? named([...rules.offer, ...rules.except], format) : !named(rules.strip, format),
  );
  const first = rules.offer.flatMap((name) =>
    kept.filter((format) => isNamed(name, section, format)),
  );
  const order = [...new Set([...first, ...kept])];
  const isUsable = order.some((format) => !isCompanion(section, format));
  return isUsable ? keepFormats(section, order) : section;
}

/** Narrows a section to its first codec and the companions on its clock. */
export function firstCodecOnly(section: readonly string[]): readonly string[] {
  const { formats } = mediaLine(section);
  const clock = (format: string): string | undefined => rtpmapOf(section, format).split('/')[1];
  const first = formats.find((format) => !isCompanion(section, format));
  if (first === undefined) return section;
  const kept = formats.filter(
    (format) =>
      format === first || (isCompanion(section, format) && clock(format) === clock(first)),
  );
  return keepFormats(section, kept);
}

function isCompanion(section: readonly string[], format: string): boolean {
  return COMPANIONS.test(rtpmapOf(section, format));
}

function isNamed(name: string, section: readonly string[], format: string): boolean {
  if (name === format) return true;
  const wanted = name.toLowerCase().split('/');
  const given = rtpmapOf(section, format).toLowerCase().split('/');
  return wanted.every((part, index) => part === (given[index] ?? (index === 2 ? '1' : undefined)));
}
