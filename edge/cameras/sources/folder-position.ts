import type { BytePath } from './byte-path.js';
import {
  byArrival,
  type FolderBacklog,
  type FolderCursor,
  type SavedPosition,
} from './cursor-file.js';
import type { ImageFile } from './image-files.js';

/** Before every file. */
const START: FolderCursor = { changedMs: -Number.MAX_VALUE, path: '' };
/** A backlog for each restart before the last one was read. With more, the oldest two become one. */
const MAX_BACKLOGS = 8;
/** Paths of files that are not read though newer ones are. */
const MAX_WAITING = 1_000;
/** Files that were read before all that had arrived earlier were looked at. Of more, some are read twice after a restart. */
const MAX_READ = 2_000;
/** Files that were read are named for so long after they arrived: others of that time may yet be left to a sweep. */
const NAMED_MS = 10_000;

/**
 * How far a folder was read. A file counts as read if it arrived before a time up to which all files have been looked
 * at, and is not of a backlog; or if it was read by itself. So no file is missed after a restart at any moment, and
 * none is read twice unless very many are read before the others have been looked at.
 */
export class FolderPosition {
  /** The file that arrived last of those that were read: how far earlier versions of this program have read. */
  #newest: FolderCursor;
  /** All files that arrived up to here have been looked at. */
  #examined = START;
  /** What the sweep finds. */
  #backlog: FolderBacklog[] = [];
  /** What the next sweep finds. */
  #next: FolderBacklog[] = [];
  /** What is in folders that cannot be read now. */
  readonly #closed = new Map<BytePath, FolderBacklog>();
  #waiting = new Set<BytePath>();
  /** Paths that cannot be looked at now. */
  readonly #unknown = new Set<BytePath>();
  /** When each file arrived, by its version. */
  #read = new Map<number, number>();

  /** As it was saved, until a file is read. */
  #saved: SavedPosition | undefined;

  /** What arrived while nothing watched the folder is a backlog until `endSweep`. */
  constructor(saved?: SavedPosition) {
    this.#saved = saved;
    this.#newest = saved?.cursor ?? START;
    this.#restore(saved);
    this.startAgain();
    this.beginSweep();
  }

  isRead(file: ImageFile): boolean {
    if (this.#read.has(file.version)) return true;
    if (this.#waiting.has(file.path) || this.#unknown.has(file.path)) return false;
    return this.isExamined(file) && !this.#backlogs.some((backlog) => contains(backlog, file));
  }

  /** Whether the file arrived before the time up to which all files have been looked at. */
  isExamined(file: FolderCursor): boolean {
    return byArrival(file, this.#examined) <= 0;
  }

  /** Whether this sweep is to find the file. */
  isSwept(file: FolderCursor): boolean {
    return this.#backlog.some((backlog) => contains(backlog, file));
  }

  /** Whether the next sweep is to find the file. */
  isLeft(file: FolderCursor): boolean {
    return this.#next.some((backlog) => contains(backlog, file));
  }

  /**
   * Any file that is there may have arrived since the folder was read: the next sweep looks at all of them. If another
   * folder was there since the start, such as one on which nothing was mounted yet, what was saved still counts.
   */
  startAgain(): void {
    if (this.#saved) this.#restore(this.#saved);
    this.#next.push({ after: this.#examined });
  }

  /** All folders have been listed since `startAgain`. No file in them arrived after `latestMs`. */
  endStart(latestMs: number): void {
    for (const backlog of this.#backlog) if (isUnlimited(backlog)) backlog.untilMs = latestMs;
  }

  /** Leaves a file to the next sweep, and with it what arrived at about the same time and was not looked at. */
  leave({ changedMs }: FolderCursor): void {
    const at = { changedMs, path: '' };
    const last = this.#next.find(({ under }) => under === undefined);
    if (!last) this.#next.push({ after: at, untilMs: changedMs });
    else {
      if (byArrival(at, last.after) < 0) last.after = at;
      last.untilMs = Math.max(last.untilMs ?? changedMs, changedMs);
    }
  }

  /** From now on all files are looked at, from the last path to the first. */
  beginSweep(): void {
    this.#backlog.push(...this.#next.splice(0));
    while (this.#backlog.length > MAX_BACKLOGS) {
      const [first, second] = this.#backlog.splice(0, 2);
      if (first && second) this.#backlog.unshift(merged(first, second));
    }
  }

  get isSweepNeeded(): boolean {
    return this.#next.length > 0;
  }

  /** All files of the sweep from this path on were read, but for some of those that are given to `toSave`. */
  sweptTo(path: BytePath): void {
    for (const backlog of this.#backlog)
      if (backlog.below === undefined || path < backlog.below) backlog.below = path;
  }

  /** All files of the sweep were looked at. */
  endSweep(): void {
    this.#backlog = [];
    this.#waiting.clear();
    this.#forgetRead();
  }

  /** All files that arrived before this time have been looked at, or are left to a sweep. */
  examinedTo(changedMs: number): void {
    if (changedMs <= this.#examined.changedMs) return;
    this.#examined = { changedMs, path: '' };
    this.#forgetRead();
  }

  /** A file was looked at. Until it is read, `toSave` is given it. */
  found({ path }: FolderCursor): void {
    this.#waiting.delete(path);
    this.#unknown.delete(path);
  }

  /** A path cannot be looked at: it may be a file that was not read. */
  failed(path: BytePath): void {
    if (this.#unknown.size < MAX_WAITING) this.#unknown.add(path);
  }

  /** A folder cannot be read. What arrived in it after `examinedMs` was not looked at. */
  closed(folder: BytePath, examinedMs: number): void {
    if (this.#closed.has(folder) || this.#closed.size >= MAX_WAITING) return;
    const saved = this.#backlog.find(({ under }) => under === folder);
    const isNew = examinedMs <= this.#examined.changedMs;
    const after = saved?.after ?? (isNew ? this.#examined : { changedMs: examinedMs, path: '' });
    this.#closed.set(folder, { after, under: folder });
  }

  /** The folder can be read now: the next sweep looks at what is in it. */
  reopened(folder: BytePath): void {
    const backlog = this.#closed.get(folder);
    this.#closed.delete(folder);
    if (backlog) this.#next.push(backlog);
  }

  /** The file was read, or is skipped. */
  read(file: ImageFile): void {
    this.#saved = undefined;
    if (byArrival(file, this.#newest) > 0)
      this.#newest = { changedMs: file.changedMs, path: file.path };
    if (this.isRead(file) && !this.#isRecent(file.changedMs)) return;
    this.#read.set(file.version, file.changedMs);
    if (this.#read.size > MAX_READ) this.#forgetEarliest();
  }

  /** The clock was set back by `-stepMs`: files that arrive from now on have earlier times than those that were read. */
  moveBack(stepMs: number): void {
    const moved = ({ changedMs, path }: FolderCursor) => ({ changedMs: changedMs + stepMs, path });
    this.#newest = moved(this.#newest);
    this.#examined = moved(this.#examined);
  }

  /** `unread`: the files that are known and not read. */
  toSave(unread: { file: ImageFile }[]): SavedPosition {
    const waiting = new Set([...this.#unknown, ...this.#waiting]);
    for (const { file } of unread) if (this.isRead(file)) waiting.add(file.path);
    return {
      cursor: this.#newest,
      backlog: [...this.#backlogs, { after: this.#examined }],
      waiting: [...waiting].slice(0, MAX_WAITING),
      read: [...this.#read],
    };
  }

  #restore(saved: SavedPosition | undefined): void {
    const { cursor = START, backlog = [], waiting = [], read = [] } = saved ?? {};
    this.#examined = backlog
      .filter(isUnlimited)
      .reduce((a, { after }) => (byArrival(after, a) < 0 ? after : a), cursor);
    this.#backlog = backlog.filter((entry) => !isUnlimited(entry)).map((entry) => ({ ...entry }));
    this.#waiting = new Set(waiting);
    this.#read = new Map(read);
  }

  get #backlogs(): FolderBacklog[] {
    return [...this.#backlog, ...this.#next, ...this.#closed.values()];
  }

  /** The file that will be the first to count as read without being named. */
  #forgetEarliest(): void {
    let [earliest] = this.#read;
    for (const entry of this.#read) if (entry[1] < (earliest?.[1] ?? 0)) earliest = entry;
    if (earliest) this.#read.delete(earliest[0]);
  }

  #isRecent(changedMs: number): boolean {
    return changedMs > this.#newest.changedMs - NAMED_MS;
  }

  /** Files count as read without being named if they are of no backlog, and arrived some time ago. */
  #forgetRead(): void {
    const backlogs = this.#backlogs;
    for (const [version, changedMs] of this.#read) {
      const file = { changedMs, path: '' };
      if (this.#isRecent(changedMs)) continue;
      if (this.isExamined(file) && !backlogs.some((backlog) => isInTime(backlog, file)))
        this.#read.delete(version);
    }
  }
}

const isUnlimited = ({ untilMs, below, under }: FolderBacklog): boolean =>
  untilMs === undefined && below === undefined && under === undefined;

const isInTime = (
  { after, untilMs = Number.MAX_VALUE }: FolderBacklog,
  file: FolderCursor,
): boolean => file.changedMs >= after.changedMs && file.changedMs <= untilMs;

const contains = (backlog: FolderBacklog, file: FolderCursor): boolean =>
  isInTime(backlog, file) &&
  byArrival(file, backlog.after) > 0 &&
  (backlog.below === undefined || file.path < backlog.below) &&
  (backlog.under === undefined || file.path.startsWith(`${backlog.under}/`));

/** Some files between the two may be read once more; none is missed. */
function merged(a: FolderBacklog, b: FolderBacklog): FolderBacklog {
  const after = byArrival(a.after, b.after) < 0 ? a.after : b.after;
  if (a.untilMs === undefined || b.untilMs === undefined) return { after };
  const untilMs = Math.max(a.untilMs, b.untilMs);
  if (a.below === undefined || b.below === undefined) return { after, untilMs };
  return { after, untilMs, below: a.below > b.below ? a.below : b.below };
}
