/** The OpenAPI document against the sources: it knows every route that they serve. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BOUNDS_MS } from '../../../common/histogram.ts';
import { openApi } from '../../../server/http/openapi/document.ts';
import { EVENTS } from '../../../server/http/openapi/events.ts';
import { OPERATIONS } from '../../../server/http/openapi/operations.ts';
import { root } from '../../../server/root.ts';
import { read } from '../../support/docs.ts';

/** Of the files that serve: those of the description itself name paths, too. */
const sources = readdirSync(join(root, 'server'), { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts') && !name.includes('openapi/') && !name.includes('doctor/'))
  .map((name) => readFileSync(join(root, 'server', name), 'utf8').replace(/\/\*[\s\S]*?\*\//g, ''));

/** `/^\/api\/calls\/([^/]+)\/(a|b)$/` → /api/calls/{id}/a, /api/calls/{id}/b */
function pathsOf(literal: string): string[] {
  const plain = literal
    .replace(/^\/?\^?|\$?\/[a-z]*$/g, '')
    .replaceAll('\\/', '/')
    .replaceAll('([^/]+)', '{id}');
  const [whole, choice] = /\(([^)]*)\)/.exec(plain) ?? [];
  if (whole === undefined || choice === undefined) return [plain];
  return choice.split('|').map((one) => plain.replace(whole, one));
}

const served = sources.flatMap((text) => [
  ...[...text.matchAll(/'(\/(?:api\/[\w./-]+|healthz|readyz|metrics))'/g)].map(([, path = '']) =>
    path.endsWith('/') ? `${path}{id}` : path,
  ),
  ...[...text.matchAll(/\/\^(\\\/api\S*)\$\//g)].flatMap(([literal]) => pathsOf(literal)),
]);

describe('the OpenAPI document', () => {
  it('knows every path that is served, and no other', () => {
    const described = new Set(OPERATIONS.map(({ path }) => path));
    expect(served.length).toBeGreaterThan(14);
    expect([...new Set(served)].toSorted()).toEqual([...described].toSorted());
  });

  it('refers to nothing that it does not hold, and names each operation once', () => {
    const document = openApi();
    const { schemas } = document['components'] as { schemas: Record<string, unknown> };
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)];
    expect(refs.length).toBeGreaterThan(50);
    for (const [, ref = ''] of refs) {
      expect(ref).toMatch(/^#\/components\/schemas\//);
      expect(schemas).toHaveProperty([ref.replace('#/components/schemas/', '')]);
    }
    const ids = [...JSON.stringify(document).matchAll(/"operationId":"([^"]+)"/g)].map(
      ([, id]) => id,
    );
    expect(ids).toHaveLength(OPERATIONS.length);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has every event that docs/reference/events.md explains, and no other', () => {
    const rows = [...read('docs', 'reference', 'events.md').matchAll(/^\| `(\w+)` \|/gm)];
    const explained = rows.map(([, type]) => type).filter((type) => type !== 'status');
    expect(explained.toSorted()).toEqual(Object.keys(EVENTS).toSorted());
  });

  it('says of a call what the interface says', () => {
    const { schemas } = openApi()['components'] as { schemas: Record<string, object> };
    expect(schemas['Call']).toMatchObject({
      type: 'object',
      required: expect.arrayContaining(['callId', 'state']) as string[],
      properties: {
        state: { enum: ['ringing', 'answered', 'ended'] },
        startedAt: { type: 'string', format: 'date-time' },
      },
      additionalProperties: false,
    });
    expect(schemas['CallDetails']).toMatchObject({
      properties: { figures: { $ref: '#/components/schemas/Figures' } },
    });
    expect(JSON.stringify(schemas['Figures'])).toContain(`"minItems":${BOUNDS_MS.length + 1}`);
  });
});
