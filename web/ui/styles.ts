/** Styles that several elements share: the card, buttons, fields, tables, text for screen readers only. */
import { css } from 'lit';

export const base = css`
  :host {
    display: block;
  }

  :host([hidden]) {
    display: none;
  }

  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }

  h1,
  h2,
  h3,
  p,
  ol,
  ul,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }

  ol,
  ul {
    list-style: none;
  }

  :focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: 2px;
  }

  .card {
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    box-shadow: var(--shadow);
  }

  .label {
    color: var(--ink-3);
    font-size: 0.72rem;
    font-weight: 600;
    letter-spacing: 0.07em;
    line-height: 1.4;
    text-transform: uppercase;
  }

  .figure {
    font-family: var(--mono);
    font-variant-numeric: tabular-nums;
  }

  a {
    color: inherit;
  }

  .for-ears {
    clip-path: inset(50%);
    height: 1px;
    overflow: hidden;
    position: absolute;
    white-space: nowrap;
    width: 1px;
  }
`;

export const buttons = css`
  button {
    align-items: center;
    background: transparent;
    border: 1px solid var(--line-strong);
    border-radius: 999px;
    color: var(--ink);
    cursor: pointer;
    display: inline-flex;
    font: 500 0.87rem/1 var(--sans);
    gap: 0.45em;
    justify-content: center;
    min-height: 34px;
    padding: 0 0.95em;
    transition: background-color 120ms;
    white-space: nowrap;
  }

  button:hover {
    background: var(--sunken);
  }

  button:disabled {
    cursor: not-allowed;
    opacity: 0.5;
  }

  button.primary {
    background: var(--ink);
    border-color: var(--ink);
    color: var(--surface);
    font-size: 1rem;
    min-height: 46px;
    padding: 0 1.5em;
  }

  button.primary:hover:not(:disabled) {
    background: var(--ink-2);
  }

  button[aria-pressed='true'] {
    background: var(--ink);
    border-color: var(--ink);
    color: var(--surface);
  }

  button.danger {
    background: var(--red-soft);
    border-color: transparent;
    color: var(--red);
  }

  button.danger:hover {
    background: var(--red);
    color: var(--surface);
  }

  button.quiet {
    border-color: transparent;
    color: var(--ink-2);
    min-height: 28px;
    padding: 0 0.6em;
  }

  button.quiet[aria-pressed='true'] {
    background: var(--sunken);
    border-color: var(--line-strong);
    color: var(--ink);
  }

  @media (prefers-reduced-motion: reduce) {
    button {
      transition: none;
    }
  }
`;

/** What is typed or chosen. Elements say what differs. */
export const fields = css`
  :where(input:not([type='checkbox'], [type='range'], [type='file']), select) {
    background: var(--sunken);
    border: 1px solid var(--line);
    border-radius: var(--radius-small);
    color: var(--ink);
    font: 500 0.87rem var(--sans);
    min-width: 0;
    padding: 0.4em 0.7em;
  }

  input::placeholder {
    color: var(--ink-3);
    opacity: 1;
  }

  select option {
    background: var(--surface);
    color: var(--ink);
  }
`;

/** Rows with a line between them. */
export const tables = css`
  table {
    border-collapse: collapse;
    font-size: 0.87rem;
    width: 100%;
  }

  th {
    color: var(--ink-3);
    font-weight: 500;
  }

  th,
  td {
    padding: 4px 14px 4px 0;
    text-align: left;
    white-space: nowrap;
  }

  td {
    border-top: 1px solid var(--line);
  }
`;

/** Who spoke with whom, as a line of a list. */
export const parties = css`
  .who {
    font-weight: 600;
    overflow-wrap: anywhere;
  }

  .who span {
    color: var(--ink-3);
    font-weight: 400;
  }
`;

/** A modal dialog with a heading line and a body that scrolls. */
export const dialogs = css`
  dialog {
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    box-shadow: var(--shadow);
    color: var(--ink);
    max-height: 90vh;
    max-width: 96vw;
    overflow: hidden;
    padding: 0;
  }

  dialog[open] {
    display: grid;
    grid-template-rows: auto minmax(0, 1fr);
  }

  dialog::backdrop {
    background: rgb(20 19 18 / 45%);
  }

  dialog > .title {
    align-items: center;
    border-bottom: 1px solid var(--line);
    display: flex;
    flex-wrap: wrap;
    gap: 8px 20px;
    padding: 12px 14px 12px var(--inset);
  }

  dialog > .title h2 {
    flex: 1;
    font: 600 1.2rem/1.25 var(--serif);
  }

  dialog > .body {
    overflow: auto;
    padding: 16px var(--inset) 22px;
  }
`;
