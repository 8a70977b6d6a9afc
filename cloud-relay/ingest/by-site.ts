/** What belongs to each site. */
export function bySite<T extends { site: string }>(items: Iterable<T>): Map<string, T[]> {
  const sites = new Map<string, T[]>();
  for (const item of items) {
    const own = sites.get(item.site) ?? [];
    own.push(item);
    sites.set(item.site, own);
  }
  return sites;
}
