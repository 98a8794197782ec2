/** The address of one call at an agent whose path ends with the call's id, as the talky family's. */

/** `base` as a user writes it: with or without a trailing slash, http or ws, maybe a query. */
export function urlWithId(
  base: string,
  callId: string,
  query: Readonly<Record<string, string>> = {},
): string {
  const url = socketUrl(base, query);
  // Servers decode a path before they look for its route (Starlette) or refuse it (Apache): a slash in
  // an id, rare as it is, would be one of the path. Encoded twice, it arrives as %2F.
  const id = encodeURIComponent(callId).replaceAll('%2F', '%252F');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${id}`;
  return url.href;
}

export function socketUrl(base: string, query: Readonly<Record<string, string>> = {}): URL {
  const url = new URL(base.replace(/^http/i, 'ws'));
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  return url;
}
