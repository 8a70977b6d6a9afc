type Settings = Record<string, unknown>;
type Replace = (secret: unknown, path: string) => unknown;

const isMap = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy of the settings of a way with each secret that is set replaced. A header is named by its position. */
export function withWaySecrets(way: object, replace: Replace): Settings {
  const copy: Settings = { ...way };
  for (const field of ['url', 'signingSecret', 'password'])
    if (copy[field] !== undefined) copy[field] = replace(copy[field], field);
  if (Array.isArray(copy.headers))
    copy.headers = copy.headers.map((header: unknown, i) =>
      isMap(header) ? { ...header, value: replace(header.value, `headers.${i}`) } : header,
    );
  return copy;
}

/** What a secret is called in texts for people: a header by its name. */
export function secretName(way: object, path: string): string {
  const { headers } = way as { headers?: unknown };
  const [, i] = path.split('.');
  const header: unknown =
    Array.isArray(headers) && i !== undefined ? headers[Number(i)] : undefined;
  return isMap(header) ? `header ${String(header.name)}` : path;
}
