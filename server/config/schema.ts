/**
 * Every key of `bridge.yaml`: its type, its default and a sentence about it. Files, environment and
 * flags are all checked against this one schema, and what `config init` and `config schema` print
 * is made from it, so a key exists nowhere else.
 *
 * Keys are in snake_case, as people know them from the configuration files of SIP servers.
 */
import { z } from 'zod';
import { agent, extensions } from './agent-section.ts';
import { host, port, secret, section } from './kinds.ts';
import { sip } from './sip-section.ts';

const http = section({
  host: host.default('127.0.0.1').describe('Address the page is served on.'),
  port: port.default(8080).describe('Port of the page; 0 takes any free one.'),
  lan: z
    .boolean()
    .default(false)
    .describe(
      'Opens page, SIP and RTP to private networks: HTTPS, a token, a password for phones.',
    ),
  certificate: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file for HTTPS and SIP over TLS; left out: mkcert’s or a self-signed one.'),
  key: z.string().min(1).optional().describe('PEM file of its key.'),
  folder: z
    .string()
    .min(1)
    .default('.bridge')
    .describe('Keeps the certificate, the page’s key and the password made for phones.'),
});

const external = {
  host: host.describe('Where it listens.'),
  port: port.min(1),
};

const drachtio = z
  .strictObject({ ...external, port: external.port.default(9022), secret })
  .optional()
  .describe('A drachtio server to use instead of the embedded one.');

const rtpengine = z
  .strictObject({
    ...external,
    port: external.port.default(22222),
    others: z
      .array(z.string().regex(/^\S+:\d{1,5}$/, 'expected HOST:PORT, e.g. 10.0.0.5:22222'))
      .default([])
      .describe('More rtpengines as HOST:PORT; calls are dealt out to those that answer.'),
  })
  .optional()
  .describe('An rtpengine to use instead of the embedded media engine.');

const recording = section({
  dir: z
    .string()
    .min(1)
    .optional()
    .describe('Every call is recorded into this folder; left out: none is.'),
  format: z
    .enum(['wav', 'pcap'])
    .default('wav')
    .describe('wav: caller left, called side right. pcap: the packets, for Wireshark.'),
  page: z
    .enum(['off', 'on'])
    .default('off')
    .describe('on: the page keeps every call in the browser, to play, send on and replay.'),
  page_limit_mb: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1024)
    .describe('Megabytes the page keeps at most; the oldest recordings go first.'),
});

const log = section({
  level: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('debug tells every SIP message.'),
  format: z
    .enum(['text', 'json'])
    .default('text')
    .describe('On standard error: lines for people, or JSON.'),
  file: z
    .string()
    .min(1)
    .optional()
    .describe('Also into this file, as JSON; a new one every 10 MB, five are kept.'),
});

export const configSchema = z
  .strictObject({ sip, http, agent, extensions, drachtio, rtpengine, recording, log })
  .superRefine((config, context) => {
    const { port_range_start: start, port_range_end: end } = config.sip.rtp;
    if (end <= start) {
      context.addIssue({
        code: 'custom',
        path: ['sip', 'rtp', 'port_range_end'],
        message: `expected a port above port_range_start (${start}): a call takes a pair of them`,
      });
    }
    const { min_expires: min, default_expires: usual, max_expires: max } = config.sip.registrar;
    if (!(min <= usual && usual <= max)) {
      context.addIssue({
        code: 'custom',
        path: ['sip', 'registrar', 'default_expires'],
        message: `expected min_expires (${min}) ≤ default_expires (${usual}) ≤ max_expires (${max})`,
      });
    }
    const { registration } = config.sip.timeouts;
    if (registration !== undefined && !(min <= registration && registration <= max)) {
      context.addIssue({
        code: 'custom',
        path: ['sip', 'timeouts', 'registration'],
        message: `expected at least min_expires (${min}) and at most max_expires (${max})`,
      });
    }
    if (config.agent.url === undefined && config.agent.dialect !== 'talky') {
      context.addIssue({
        code: 'custom',
        path: ['agent', 'dialect'],
        message: 'expected an agent.url with it, for the built-in agent speaks talky',
      });
    }
    if ((config.http.certificate === undefined) !== (config.http.key === undefined)) {
      context.addIssue({
        code: 'custom',
        path: ['http', config.http.key === undefined ? 'key' : 'certificate'],
        message: 'expected both http.certificate and http.key, or neither',
      });
    }
    const hasNoUsers = Object.keys(config.sip.auth.users).length === 0;
    // On a network a password is made where none is given.
    if (config.sip.auth.enabled && hasNoUsers && !config.http.lan) {
      context.addIssue({
        code: 'custom',
        path: ['sip', 'auth', 'users'],
        message: 'expected at least one user when enabled is true, e.g. agent001: secret',
      });
    }
  });

export type Config = z.output<typeof configSchema>;

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** For editors, and for everything here that has to know the keys. */
export function jsonSchema(): JsonSchema {
  return z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
}
