export interface PageBounds {
  /** Items in all. */
  limit: number;
  /** Size after which the page ends, in what `sizeOf` counts; 2 MiB by default. The item that passes it is the last. */
  maxSize?: number;
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
 * Reads a page in slices, so that neither a statement nor the page has more than its share, however large the
 * items are. `read` resolves with the items that follow `after`, at most `count` of them.
 */
export async function boundedPage<Item>(
  { limit, maxSize = MAX_PAGE_BYTES }: PageBounds,
  sizeOf: (item: Item) => number,
  read: (count: number, after: Item | undefined) => Promise<Item[]>,
): Promise<BoundedPage<Item>> {
  const items: Item[] = [];
  let size = 0;
  let slice = FIRST_SLICE;
  for (;;) {
    // One more than the page has shows whether there are more.
    const wanted = Math.min(slice, limit + 1 - items.length);
    const found = await read(wanted, items.at(-1));
    for (const item of found) {
      if (items.length === limit || size >= maxSize) return { items, hasMore: true };
      items.push(item);
      size += sizeOf(item);
    }
    if (found.length < wanted) return { items, hasMore: false };
    const average = Math.max(1, size / items.length);
    slice = Math.max(1, Math.min(8 * FIRST_SLICE, Math.ceil((maxSize - size) / average)));
  }
}
