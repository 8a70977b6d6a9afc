import type { BytePath } from './byte-path.js';
import { byArrival } from './cursor-file.js';
import type { FileState } from './folder-fs.js';
import type { ImageFile } from './image-files.js';

/** A file that is not read yet. */
export interface Candidate {
  file: ImageFile;
  /** Its state at the last look. */
  seen: FileState | undefined;
  /** Whether two looks have found it alike. */
  isUnchanged: boolean;
  /** Whether it is of the backlog, not of the files that arrived while the folder was watched. */
  isSwept: boolean;
  /** Whether this look has found that it is not whole. */
  isTried: boolean;
  looks: number;
  /** Whether it was reported that it is never whole. */
  isReported?: boolean;
}

/** The files that were found and not read yet, in memory. */
export class PendingFiles {
  readonly #files = new Map<BytePath, Candidate>();
  #ready: Candidate[] = [];

  get size(): number {
    return this.#files.size;
  }

  get all(): Candidate[] {
    return [...this.#files.values()];
  }

  get(path: BytePath): Candidate | undefined {
    return this.#files.get(path);
  }

  /** The file is ready after the next `order`. */
  set(candidate: Candidate): void {
    this.#files.set(candidate.file.path, candidate);
  }

  delete(path: BytePath): void {
    this.#files.delete(path);
  }

  count(isCounted: (candidate: Candidate) => boolean): number {
    let count = 0;
    for (const candidate of this.#files.values()) count += Number(isCounted(candidate));
    return count;
  }

  /** Candidates in the order in which they are to be read; those that were tried are left out. */
  get ready(): Candidate[] {
    this.#ready = this.#ready.filter(
      (candidate) => !candidate.isTried && this.#files.get(candidate.file.path) === candidate,
    );
    return this.#ready;
  }

  order(): void {
    this.#ready = this.all.sort(inReadingOrder);
  }
}

/** What arrives comes before the backlog, the oldest first; of the backlog, the last path comes first. */
function inReadingOrder(a: Candidate, b: Candidate): number {
  if (a.isSwept !== b.isSwept) return a.isSwept ? 1 : -1;
  if (a.isSwept) return a.file.path < b.file.path ? 1 : -1;
  const isLink = ({ file }: Candidate) => Number(file.target !== file.path);
  return a.file.changedMs - b.file.changedMs || isLink(a) - isLink(b) || byArrival(a.file, b.file);
}
