import { texts } from '../texts/texts.js';
import { ApiError, api, type CallOptions } from './api.js';

/** More than a page can show: each has up to 2 MiB. */
const MAX_PAGES = 20;

/** All pages of a list, each asked for after the one before. Rejects with an `ApiError`, also if there are too many. */
export async function allPages<Page extends { next: string | null }>(
  path: string,
  options: CallOptions,
): Promise<Page[]> {
  const pages: Page[] = [];
  for (let after: string | null = null; pages.length < MAX_PAGES; ) {
    const page: Page = await api.get<Page>(path, {
      ...options,
      query: { ...options.query, after },
    });
    pages.push(page);
    after = page.next;
    if (after === null) return pages;
  }
  throw new ApiError(0, { detail: texts.errors.tooMuch });
}
