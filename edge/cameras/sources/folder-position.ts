import type { BytePath } from './byte-path.js';
import {
  byArrival,
  type FolderBacklog,
  type FolderCursor,
  type SavedPosition,
} from './cursor-file.js';

/** Before every file. */
const START: FolderCursor = { changedMs: -Number.MAX_VALUE, path: '' };
/** A backlog for each restart before the last one was read. With more, the oldest two become one. */
const MAX_BACKLOGS = 8;
/** Less than the precision of a file's time. */
const JUST_BEFORE_MS = 0.001;

/** Maximum number of incomplete files that newer ones pass; each is saved by its path. */
export const MAX_PASSED = 100;

/**
 * How far a folder was read. All files up to the cursor, ordered by arrival, have been read, but for those of a
 * backlog, and for those that were incomplete when a newer file was read.
 */
export class FolderPosition {
  #cursor: FolderCursor;
  #backlog: FolderBacklog[];
  readonly #waiting: Set<BytePath>;
  /** Whether a file that arrived after the start of the sweep was read: the sweep's backlog ends before it. */
  #isCut = false;

  /** What arrived while nothing watched the folder is a backlog until `endSweep`. */
  constructor(saved?: SavedPosition) {
    this.#cursor = saved?.cursor ?? START;
    this.#backlog = [...(saved?.backlog ?? [])];
    this.#waiting = new Set(saved?.waiting);
    this.beginSweep();
  }

  isRead(file: FolderCursor): boolean {
    if (this.#waiting.has(file.path) || byArrival(file, this.#cursor) > 0) return false;
    return !this.#backlog.some((backlog) => contains(backlog, file));
  }

  /** From now on all files are looked at, from the last path to the first. */
  beginSweep(): void {
    this.#isCut = false;
    this.#backlog.push({ after: this.#cursor });
    const [first, second] = this.#backlog;
    if (this.#backlog.length > MAX_BACKLOGS && first && second)
      this.#backlog.splice(0, 2, merged(first, second));
  }

  /** The sweep found a file that is not read; from now on `toSave` is given it. */
  found(file: FolderCursor): void {
    this.#waiting.delete(file.path);
    const backlog = this.#backlog.at(-1);
    if (!backlog || this.#isCut) return;
    backlog.untilMs = Math.max(backlog.untilMs ?? file.changedMs, file.changedMs);
    this.#moveTo(file);
  }

  /** All files from this path on were looked at and read. */
  sweptTo(path: BytePath): void {
    for (const backlog of this.#backlog)
      if (backlog.below === undefined || path < backlog.below) backlog.below = path;
  }

  /** All files were looked at. At most `MAX_PASSED` are not read yet. */
  endSweep(): void {
    this.#backlog = [];
    this.#waiting.clear();
  }

  /** A file was read that arrived while the folder was watched. */
  advance(file: FolderCursor): void {
    const backlog = this.#backlog.at(-1);
    if (backlog && !this.#isCut) {
      const before = file.changedMs - JUST_BEFORE_MS;
      backlog.untilMs = Math.max(backlog.untilMs ?? before, before);
      this.#isCut = true;
    }
    this.#moveTo(file);
  }

  /** The clock was set back by `-stepMs`: files that arrive from now on have earlier times than the cursor. */
  moveBack(stepMs: number): void {
    const { changedMs, path } = this.#cursor;
    this.#cursor = { changedMs: changedMs + stepMs, path };
  }

  /** `unread`: the files that are known and not read. */
  toSave(unread: Iterable<FolderCursor>): SavedPosition {
    const waiting = [...this.#waiting];
    for (const file of unread) {
      const isPassed = byArrival(file, this.#cursor) <= 0;
      const isInBacklog = this.#backlog.some((backlog) => contains(backlog, file));
      if (isPassed && !isInBacklog && waiting.length < MAX_PASSED) waiting.push(file.path);
    }
    return { cursor: this.#cursor, backlog: this.#backlog, waiting };
  }

  #moveTo({ changedMs, path }: FolderCursor): void {
    if (byArrival({ changedMs, path }, this.#cursor) > 0) this.#cursor = { changedMs, path };
  }
}

const contains = (
  { after, untilMs = Number.MAX_VALUE, below }: FolderBacklog,
  file: FolderCursor,
): boolean =>
  byArrival(file, after) > 0 &&
  file.changedMs <= untilMs &&
  (below === undefined || file.path < below);

/** Some files between the two may be read once more; none is missed. */
function merged(a: FolderBacklog, b: FolderBacklog): FolderBacklog {
  const after = byArrival(a.after, b.after) < 0 ? a.after : b.after;
  if (a.untilMs === undefined || b.untilMs === undefined) return { after };
  const untilMs = Math.max(a.untilMs, b.untilMs);
  if (a.below === undefined || b.below === undefined) return { after, untilMs };
  return { after, untilMs, below: a.below > b.below ? a.below : b.below };
}
