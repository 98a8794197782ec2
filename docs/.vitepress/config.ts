/**
 * The documentation as a site: `npm run docs` while writing, `npm run docs:build` for what is put on a
 * web server. The pages are plain Markdown with relative links and read as well where they lie;
 * a link that leads nowhere fails the build.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { sidebar } from './sidebar.ts';

/** Diagrams and tables of figures are wider than a column of prose. */
const WIDE = `
  .VPDoc.has-aside .content-container { max-width: 820px !important; }
  .vp-doc div[class*='language-'] code { font-size: 12px; line-height: 1.45; }
`;

export default defineConfig({
  title: 'SIP Agent Bridge',
  description: 'Dial your voice agent from a softphone, and see every packet of the call.',
  cleanUrls: true,
  head: [['style', {}, WIDE]],
  // Those are the reader's own bridge.
  ignoreDeadLinks: 'localhostLinks',
  rewrites: { 'README.md': 'index.md', 'decisions/README.md': 'decisions/index.md' },
  buildEnd: ({ srcDir, outDir }) =>
    copyFile(join(srcDir, 'reference/openapi.yaml'), join(outDir, 'reference/openapi.yaml')),
  themeConfig: {
    nav: [
      { text: 'Start', link: '/guides/getting-started' },
      { text: 'Debug a call', link: '/guides/debugging' },
      { text: 'Error codes', link: '/reference/errors' },
    ],
    sidebar: sidebar().map(({ text, items }) => ({ text, items: [...items] })),
    search: { provider: 'local' },
    outline: [2, 3],
  },
});
