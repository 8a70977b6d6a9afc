export interface PageBounds {
  /** Items in all. */
  limit: number;
  /** Bytes after which the page ends, `MAX_PAGE_BYTES` by default; the item that passes the bound is its last. */
  maxBytes?: number;
}

export interface BoundedPage<Item> {
  items: Item[];
  /** Whether there are more. */
  hasMore: boolean;
}

const MAX_PAGE_BYTES = 2 * 1024 * 1024;
/** Read at first, when nothing is known of the items' size. */
const FIRST_SLICE = 16;

/**
 * Reads a page in slices, so that neither a statement nor the page has more than its share of bytes, however large the
 * items are. `read` resolves with the items that follow `after`, at most `count` of them.
 */
export async function boundedPage<Item>(
  { limit, maxBytes = MAX_PAGE_BYTES }: PageBounds,
  sizeOf: (item: Item) => number,
  read: (count: number, after: Item | undefined) => Promise<Item[]>,
): Promise<BoundedPage<Item>> {
  const items: Item[] = [];
  let bytes = 0;
  let slice = FIRST_SLICE;
  for (;;) {
    // One more than the page has shows whether there are more.
    const wanted = Math.min(slice, limit + 1 - items.length);
    const found = await read(wanted, items.at(-1));
    for (const item of found) {
      if (items.length === limit || bytes >= maxBytes) return { items, hasMore: true };
      items.push(item);
      bytes += sizeOf(item);
    }
    if (found.length < wanted) return { items, hasMore: false };
    const average = Math.max(1, bytes / items.length);
    slice = Math.max(1, Math.min(8 * FIRST_SLICE, Math.ceil((maxBytes - bytes) / average)));
  }
}
