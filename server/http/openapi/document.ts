/**
 * The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1) made of the operations and the
 * schemas: served at /api/openapi.json, and written to docs/reference/openapi.yaml.
 */
import { z } from 'zod';
import { version } from '../../root.ts';
import { EVENTS } from './events.ts';
import { OPERATIONS, type Answer, type Operation } from './operations.ts';
import * as schemas from './schemas.ts';

/** Those that are referred to by name instead of being repeated. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
  Status: schemas.status,
  PageConfig: schemas.pageConfig,
  Call: schemas.callStatus,
  CallDetails: schemas.callDetails,
  Figures: schemas.figures,
  Turn: schemas.turn,
  Readiness: schemas.readiness,
  MediaVerdict: schemas.mediaVerdict,
  Error: schemas.failure,
  ErrorCode: schemas.code,
  ...Object.fromEntries(
    Object.entries(EVENTS).map(([type, schema]) => [`Event-${type}`, schema] as const),
  ),
};

const refTo = (name: string) => `#/components/schemas/${name}`;

type Json = Record<string, unknown>;

/** The form of a time is known by its name. */
const SHORT = {
  override: ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) => {
    if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  },
} as const;

export function openApi(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  const inline = (schema: z.ZodType): Json => {
    const name = Object.keys(NAMED).find((id) => NAMED[id] === schema);
    if (name !== undefined) return { $ref: refTo(name) };
    return bare(referring(z.toJSONSchema(schema, { ...SHORT, metadata: registry })));
  };
  const paths: Record<string, Json> = {};
  for (const operation of OPERATIONS) {
    (paths[operation.path] ??= {})[operation.method] = operationOf(operation, inline);
  }
  const named = z.toJSONSchema(registry, { ...SHORT, uri: refTo }).schemas as Record<string, Json>;
  return {
    openapi: '3.1.1',
    info: {
      title: 'SIP Agent Bridge',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Answers are JSON; an error is {code, message}. A browser may call it from the bridge’s own ' +
        'page only, and the Host has to be localhost or an address (403 otherwise). ' +
        'A method that a path does not have is answered 405.',
    },
    servers: [{ url: 'http://localhost:8080' }],
    paths,
    components: {
      schemas: {
        ...Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, bare(schema)])),
        BridgeEvent: {
          description: 'What GET /api/events sends, each under its own type',
          oneOf: Object.keys(EVENTS).map((type) => ({ $ref: refTo(`Event-${type}`) })),
        },
      },
    },
  };
}

function operationOf(
  { method, path, what, group, query = {}, body, answers }: Operation,
  inline: (schema: z.ZodType) => Json,
): Json {
  const parameters = [
    ...(path.includes('{id}')
      ? [
          {
            name: 'id',
            in: 'path',
            required: true,
            description: 'Call-ID of the phone’s leg, URI-encoded',
            schema: { type: 'string' },
          },
        ]
      : []),
    ...Object.entries(query).map(([name, description]) => ({
      name,
      in: 'query',
      description,
      schema: { type: 'string' },
    })),
  ];
  return {
    summary: what,
    operationId: `${method}${path.replace(/\.json|[{}]/g, '').replaceAll('/', '-')}`,
    tags: [group],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: inline(body) } } },
    }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [status, responseOf(answer, inline)]),
    ),
  };
}

function responseOf({ what, schema, types = [] }: Answer, inline: (s: z.ZodType) => Json): Json {
  const content = {
    ...(schema && { 'application/json': { schema: inline(schema) } }),
    ...Object.fromEntries(types.map((type) => [type, {}])),
  };
  return { description: what, ...(Object.keys(content).length > 0 && { content }) };
}

/** What it names is with all the others. */
function referring(schema: Json): Json {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', `"${refTo('')}`);
  return JSON.parse(text) as Json;
}

/** Without what only a schema that stands alone says of itself. */
function bare(schema: Json): Json {
  const alone = ['$schema', '$id', '$defs'];
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !alone.includes(key)));
}
