/** What the application and the ng client both do to a media section of an SDP (RFC 8866 §5.14). */

/** The section with only `formats` in its m= line, and without the lines that describe the others. */
export function keepFormats(section: readonly string[], formats: readonly string[]): string[] {
  const [head = '', ...lines] = section;
  return [
    [...head.split(' ').slice(0, 3), ...formats].join(' '),
    ...lines.filter((line) => {
      const format = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+)/.exec(line)?.[1];
      return format === undefined || formats.includes(format);
    }),
  ];
}
