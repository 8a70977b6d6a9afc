import { isOfContents } from './commit-per-site.js';
import { Repeats } from './repeats.js';

/** So often a record fails alone before it is refused. */
const SAME_FAILURE = 3;
const MAX_SITES = 1_000;

/** Finds the records that the relay's database does not take, however often they come. */
export class UnstorableRecords {
  readonly #failures = new Repeats();
  readonly #suspects = new Set<string>();

  /** Whether the site's records are to be committed one by one. */
  isSuspect = (site: string): boolean => this.#suspects.has(site);

  /** A record failed. Whether it failed alone, and often enough to be refused. */
  isRefused(site: string, epoch: string, seq: number, fault: unknown): boolean {
    if (!isOfContents(fault)) return false;
    const wasAlone = this.#suspects.has(site);
    if (this.#suspects.size >= MAX_SITES) this.#suspects.clear();
    this.#suspects.add(site);
    return wasAlone && this.#failures.count(`${site}/${epoch}/${seq}`) >= SAME_FAILURE;
  }
}
