/**
 * The error reference as a page of the bridge's own (/errors.html#agent_unreachable): what a code on
 * the page links to, without leaving its origin. Made with the build, out of the one table there is
 * (docs/reference/errors.md), so that it needs no script.
 */
import { readFileSync } from 'node:fs';

const SOURCE = new URL('../docs/reference/errors.md', import.meta.url);
const PLACE = '<!-- every code: tools/errors-page.ts -->';

/** Of other pages nothing is changed. */
export function errorsPage(html: string): string {
  const sections = readFileSync(SOURCE, 'utf8').split(/^## /m).slice(1);
  return html.replace(PLACE, () => sections.map(sectionOf).join('\n      '));
}

/** Of the marks the table is written with: paragraphs that begin in bold, code, links. */
function sectionOf(section: string): string {
  const [code = '', ...paragraphs] = section.trim().split(/\n+(?=\*\*)/);
  const id = code.toLowerCase();
  const text = paragraphs.map((paragraph) => `<p>${inline(paragraph)}</p>`).join('');
  return `<section id="${id}"><h2><a href="#${id}">${code}</a></h2>${text}</section>`;
}

function inline(markdown: string): string {
  return markdown
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\*\*(.+?)\*\*/g, '<strong>$1</strong>')
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\s+/g, ' ')
    .trim();
}
