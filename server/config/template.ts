/** A `bridge.yaml` to start from: every key with its sentence, all of it commented out. */
import { stringify } from 'yaml';
import { LEAVES, type Key } from './keys.ts';

export function template(): string {
  const lines = [
    '# Configuration of the bridge. Every line shows a default: take away the # of what you change.',
    '# Secrets can stay outside: ${env:NAME} takes an environment variable, ${file:path} a file.',
  ];
  let open: readonly string[] = [];
  for (const { path, schema } of LEAVES) {
    const sections = path.slice(0, -1).map(String);
    const common = sections.findIndex((name, depth) => open[depth] !== name);
    const firstNew = common === -1 ? sections.length : common;
    if (firstNew === 0) lines.push('');
    for (let depth = firstNew; depth < sections.length; depth += 1) {
      lines.push(`# ${'  '.repeat(depth)}${sections[depth] ?? ''}:`);
    }
    open = sections;
    const indent = '  '.repeat(sections.length);
    lines.push(
      `# ${indent}${String(path.at(-1))}: ${example(schema)}  # ${schema.description ?? ''}`.trimEnd(),
    );
  }
  return `${lines.join('\n')}\n`;
}

function example(schema: Key['schema']): string {
  if (schema.default === undefined) return '';
  return stringify(schema.default, { collectionStyle: 'flow', lineWidth: 0 }).trim();
}
