/** What the doctor may mend by itself: ports that are taken, by writing free ones into bridge.yaml. */
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Document, parseDocument } from 'yaml';
import { DEFAULT_FILE } from '../config/load.ts';
import { readText } from '../config/text-file.ts';
import type { BridgeOptions } from '../options.ts';
import { portUses } from './doctor.ts';
import type { Finding } from './finding.ts';
import { freePort } from './ports.ts';

/** @returns a sentence for each thing that was changed. */
export async function fixPorts(
  options: BridgeOptions,
  findings: readonly Finding[],
  file = resolve(DEFAULT_FILE),
): Promise<string[]> {
  const broken = new Set(
    findings
      .filter(({ result, code }) => result === 'fail' && code === 'PORT_IN_USE')
      .map(({ check }) => check),
  );
  const done: string[] = [];
  const document = existsSync(file) ? parseDocument(readText(file)) : new Document({});
  const uses = portUses(options).filter(({ name }) => broken.has(`${name} port`));
  for (const [key, name] of [
    ['http.port', 'Page'],
    ['sip.server.port', 'SIP'],
    ['sip.server.tls.port', 'SIP TLS'],
  ] as const) {
    const use = uses.find((candidate) => candidate.name === name);
    if (!use) continue;
    const port = await freePort(use);
    // A section that is there but empty is null, which nothing can be put into.
    const path = key.split('.');
    for (let length = 1; length < path.length; length += 1) {
      const section = path.slice(0, length);
      if (document.getIn(section) === null) document.deleteIn(section);
    }
    document.setIn(path, port);
    done.push(`${key}: ${port} written to ${file}`);
  }
  if (done.length > 0) writeFileSync(file, document.toString());
  return done;
}
