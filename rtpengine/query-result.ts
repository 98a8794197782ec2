/**
 * What `query` tells, in the words of one version: rtpengine 11 and later tell the SSRCs of a stream
 * as lists by direction, newest first, where 10 told one.
 */
import type { QueryResult, StreamInfo, TagInfo } from './engine.ts';

interface NewerStream extends StreamInfo {
  readonly 'ingress SSRCs'?: readonly { readonly SSRC: number }[];
}

export function asQueryResult(told: Record<string, unknown>): QueryResult {
  const result = told as unknown as QueryResult;
  const tags = Object.entries(result.tags).map(([tag, info]) => [tag, ofTag(info)]);
  return { ...result, tags: Object.fromEntries(tags) as Record<string, TagInfo> };
}

function ofTag(tag: TagInfo): TagInfo {
  const medias = tag.medias.map((media) => ({ ...media, streams: media.streams.map(ofStream) }));
  return { ...tag, medias };
}

function ofStream(stream: NewerStream): StreamInfo {
  const [newest] = stream['ingress SSRCs'] ?? [];
  return stream.SSRC !== undefined || newest === undefined
    ? stream
    : { ...stream, SSRC: newest.SSRC };
}
