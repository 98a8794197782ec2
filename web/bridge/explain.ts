/**
 * What an error code means and what to do, for whoever meets it on the page. The table is a part of
 * the page, loaded with the first question, because the page reaches nothing beyond its own origin.
 */
import { readExplanations, type Explanation } from './explanations.ts';

let table: Promise<ReadonlyMap<string, Explanation>> | undefined;

/** Undefined for what is no code; rejects when the bridge cannot be asked. */
export async function explain(code: string): Promise<Explanation | undefined> {
  table ??= import('../../docs/reference/errors.md?raw').then(({ default: text }) =>
    readExplanations(text),
  );
  try {
    return (await table).get(code);
  } catch (thrown) {
    table = undefined;
    throw thrown;
  }
}
