/**
 * What stands where in the documentation. Kept apart from the site's configuration so that a test can
 * hold it against the files: a page that no one can find from here is no page.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Entry {
  readonly text: string;
  readonly link: string;
}

export interface Section {
  readonly text: string;
  readonly items: readonly Entry[];
}

const docs = dirname(dirname(fileURLToPath(import.meta.url)));

/** A page by its path, under its own first heading unless that is too long for a sidebar. */
function page(path: string, text = headingOf(path)): Entry {
  return { text, link: `/${path}` };
}

function headingOf(path: string): string {
  const [, heading = path] = /^# (.+)$/m.exec(readFileSync(join(docs, path), 'utf8')) ?? [];
  return heading.replaceAll('`', '');
}

function pagesIn(folder: string): Entry[] {
  const names = readdirSync(join(docs, folder)).filter((name) => /^\d.*\.md$/.test(name));
  return names.sort().map((name) => page(`${folder}/${name}`));
}

export const sidebar = (): readonly Section[] => [
  {
    text: 'Guides',
    items: [
      page('guides/getting-started.md', 'Getting started'),
      page('guides/microsip.md', 'MicroSIP'),
      page('guides/linphone.md', 'Linphone'),
      page('guides/baresip.md', 'baresip'),
      page('guides/connect-your-agent.md', 'Connect your agent'),
      page('guides/extensions.md', 'Extensions'),
      page('guides/debugging.md', 'Debugging a call'),
      page('guides/recordings.md', 'Recordings, bundles, replay'),
      page('guides/doctor.md', 'The doctor'),
      page('guides/network.md', 'LAN, WSL, Windows'),
      page('guides/docker.md', 'Docker'),
    ],
  },
  {
    text: 'How it works',
    items: [
      page('architecture.md', 'Architecture'),
      page('benchmarks.md', 'Benchmarks'),
      page('reference/capture.md', 'Capture modes'),
    ],
  },
  {
    text: 'Reference',
    items: [
      page('reference/cli.md', 'Command line'),
      page('reference/configuration.md', 'Configuration'),
      page('reference/http-api.md', 'HTTP API'),
      page('reference/events.md', 'Events'),
      page('reference/dialects.md', 'Dialects'),
      page('reference/devtools.md', 'In devtools'),
      page('reference/errors.md', 'Error codes'),
      page('reference/logging.md', 'Logging'),
      page('reference/metrics.md', 'Metrics'),
      page('reference/embedded-drachtio.md', 'Embedded drachtio'),
      page('reference/embedded-rtpengine.md', 'Embedded rtpengine'),
    ],
  },
  {
    text: 'Decisions',
    items: [page('decisions/README.md', 'All of them'), ...pagesIn('decisions')],
  },
  {
    text: 'The project',
    items: [page('releasing.md', 'Releasing')],
  },
];
