import { expect, test } from 'vitest';
import { anySource } from '../../../rtpengine/any-source.ts';

test('leaves out the SSRC that will be sent, and nothing else', () => {
  const lines = ['v=0', 'm=audio 4000 RTP/AVP 0', 'a=label:1', 'a=ptime:20', ''];
  const told = lines.toSpliced(
    3,
    0,
    'a=ssrc-group:FID 1 2',
    'a=ssrc:1 cname:x',
    'a=ssrc:1 msid:a b',
  );
  expect(anySource(told.join('\r\n'))).toBe(lines.join('\r\n'));
  expect(anySource('m=audio 4000 RTP/AVP 0\na=ssrc:1 cname:x')).toBe('m=audio 4000 RTP/AVP 0\n');
});
