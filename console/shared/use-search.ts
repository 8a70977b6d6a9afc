import { useLocation } from 'preact-iso';

/** A query in the address of the page, which may hold a name several times. */
export interface Search {
  get(name: string): string | undefined;
  all(name: string): string[];
  /** The address of the same page with other values; what is `undefined` or empty is left out. */
  with(values: Record<string, string | readonly string[] | undefined>, path?: string): string;
  /** Goes there, in place of the present entry of the browser's history. */
  change(values: Record<string, string | readonly string[] | undefined>): void;
}

export function useSearch(): Search {
  const { url, path: ownPath, route } = useLocation();
  const { searchParams } = new URL(url, location.origin);
  const withValues: Search['with'] = (values, path = ownPath) => {
    const next = new URLSearchParams(searchParams);
    for (const [name, value] of Object.entries(values)) {
      next.delete(name);
      for (const one of [value ?? []].flat()) if (one !== '') next.append(name, one);
    }
    const text = next.toString();
    return `${path}${text && `?${text}`}`;
  };
  return {
    get: (name) => searchParams.get(name) || undefined,
    all: (name) => searchParams.getAll(name),
    with: withValues,
    change: (values) => route(withValues(values), true),
  };
}
