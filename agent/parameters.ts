/**
 * The parameters in an agent's address, for people to see whose call it is. What may be a secret by its
 * name is masked: they are shown, logged and kept in bundles.
 */
const SECRET = /token|secret|passw|credential|auth|signature|api_?key|^key$|[_.-]key$/i;
const MAX_LENGTH = 200;

export function shownParameters(url: string): Readonly<Record<string, string>> {
  const { searchParams } = new URL(url);
  return Object.fromEntries(
    [...searchParams].map(([name, value]) => [
      name,
      SECRET.test(name) ? '***' : value.slice(0, MAX_LENGTH),
    ]),
  );
}
