import { expect, test } from 'vitest';
import { asQueryResult } from '../../../rtpengine/query-result.ts';

const told = (stream: object) => ({
  created: 1,
  tags: { from: { tag: 'from', medias: [{ index: 1, streams: [stream] }] } },
});

test.each([
  ['rtpengine 10', { SSRC: 7 }, 7],
  ['rtpengine 12', { 'ingress SSRCs': [{ SSRC: 8 }, { SSRC: 7 }], 'egress SSRCs': [] }, 8],
  ['rtpengine 12 before the first packet', { 'ingress SSRCs': [] }, undefined],
])('tells the SSRC a stream has now: %s', (_, stream, ssrc) => {
  const [read] = asQueryResult(told(stream)).tags['from']?.medias[0]?.streams ?? [];
  expect(read?.SSRC).toBe(ssrc);
});
