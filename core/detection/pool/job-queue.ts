import type { JobOrigin } from '../detection.js';

interface Entry<T> {
  item: T;
  bytes: number;
}

/** What waits for one origin, or for all origins of a kind. */
interface Account {
  items: number;
  bytes: number;
  /** Milliseconds of workers, counted from those of the others when it last began to use them. */
  usedMs: number;
}

interface Lane<T> extends Account {
  id: string;
  entries: Entry<T>[];
}

interface Group<T> extends Account {
  lanes: Map<string, Lane<T>>;
  /** `usedMs` of the lane that was served last: one that comes then begins with it. */
  servedMs: number;
}

/** An item that lost its place. */
interface Displaced<T> {
  group: Group<T>;
  lane: Lane<T>;
  entry: Entry<T>;
}

/** What a job counts until its time is known. */
const EXPECTED_MS = 50;
/** Origins without jobs that are remembered for what they used. */
const MAX_REMEMBERED = 1_000;

/**
 * A queue with a limit of items and of bytes that is fair to those whose items they are. The next item is the oldest
 * one of the origin that has used the least time of workers, within the kind of origins that has: cameras and clients
 * have halves, however many there are of each. If the queue is full, an item of an origin with less takes the place of
 * the newest one of the origin with the most.
 */
export class JobQueue<T> {
  readonly #groups = new Map<JobOrigin['kind'], Group<T>>();
  /** Taken out and put back: these come first. */
  readonly #returned: Entry<T>[] = [];
  #items = 0;
  #bytes = 0;
  #servedMs = 0;

  constructor(
    private readonly maxItems: number,
    private readonly maxBytes: number,
  ) {}

  get length(): number {
    return this.#items;
  }

  /** Whether there was a place for it, and the items that lost theirs: mostly none. */
  push(item: T, bytes: number, origin: JobOrigin): { isTaken: boolean; displaced: T[] } {
    if (bytes > this.maxBytes) return { isTaken: false, displaced: [] };
    const group = this.#groupOf(origin);
    const lane = this.#laneOf(group, origin);
    const displaced: Displaced<T>[] = [];
    while (!this.#hasRoom(bytes)) {
      const last = this.#displace(group, lane, bytes);
      if (!last) break;
      displaced.push(last);
    }
    if (!this.#hasRoom(bytes)) {
      for (const last of displaced.reverse()) this.#add(last.group, last.lane, last.entry);
      return { isTaken: false, displaced: [] };
    }
    this.#catchUp(group, lane);
    this.#add(group, lane, { item, bytes });
    return { isTaken: true, displaced: displaced.map(({ entry }) => entry.item) };
  }

  /** To the front, regardless of the limits: for an item that was taken out and could not be used. */
  putBack(item: T, bytes: number): void {
    this.#returned.unshift({ item, bytes });
    this.#items++;
    this.#bytes += bytes;
  }

  shift(): T | undefined {
    const returned = this.#returned.shift();
    if (returned) {
      this.#items--;
      this.#bytes -= returned.bytes;
      return returned.item;
    }
    const group = leastUsed(this.#groups.values());
    const lane = group && leastUsed(group.lanes.values());
    const entry = lane?.entries.shift();
    if (!group || !lane || !entry) return undefined;
    this.#count(group, lane, -1, -entry.bytes);
    return entry.item;
  }

  /** A worker begins a job of an origin, from the queue or not. */
  begin(origin: JobOrigin): void {
    const group = this.#groupOf(origin);
    const lane = this.#laneOf(group, origin);
    this.#catchUp(group, lane);
    this.#servedMs = Math.max(this.#servedMs, group.usedMs);
    group.servedMs = Math.max(group.servedMs, lane.usedMs);
    charge(group, lane, EXPECTED_MS);
  }

  /** The job took so long. */
  end(origin: JobOrigin, ms: number): void {
    const group = this.#groupOf(origin);
    charge(group, this.#laneOf(group, origin), ms - EXPECTED_MS);
  }

  drain(): T[] {
    const lanes = [...this.#groups.values()].flatMap(({ lanes }) => [...lanes.values()]);
    const entries = [...this.#returned.splice(0), ...lanes.flatMap((lane) => lane.entries)];
    this.#groups.clear();
    this.#items = 0;
    this.#bytes = 0;
    return entries.map(({ item }) => item);
  }

  /** Takes the newest item of the origin with the most, if the new one's origin would still have less than that one. */
  #displace(group: Group<T>, lane: Lane<T>, bytes: number): Displaced<T> | undefined {
    const largest = this.#largest(this.#groups.values());
    const victim = largest && this.#largest(largest.lanes.values());
    if (!largest || !victim) return undefined;
    const [mine, theirs] = largest === group ? [lane, victim] : [group, largest];
    if (this.#share(mine.items + 1, mine.bytes + bytes) >= this.#share(theirs.items, theirs.bytes))
      return undefined;
    const entry = victim.entries.pop();
    if (!entry) return undefined;
    this.#count(largest, victim, -1, -entry.bytes);
    return { group: largest, lane: victim, entry };
  }

  #hasRoom(bytes: number): boolean {
    return this.#items < this.maxItems && this.#bytes + bytes <= this.maxBytes;
  }

  #add(group: Group<T>, lane: Lane<T>, entry: Entry<T>): void {
    lane.entries.push(entry);
    this.#count(group, lane, 1, entry.bytes);
  }

  /** The part of the queue, by items or by bytes. */
  #share(items: number, bytes: number): number {
    return Math.max(items / this.maxItems, bytes / this.maxBytes);
  }

  #largest<A extends Account>(accounts: Iterable<A>): A | undefined {
    let largest: A | undefined;
    for (const one of accounts)
      if (!largest || this.#share(one.items, one.bytes) > this.#share(largest.items, largest.bytes))
        largest = one;
    return largest && largest.items > 0 ? largest : undefined;
  }

  #count(group: Group<T>, lane: Lane<T>, items: number, bytes: number): void {
    for (const account of [group, lane]) {
      account.items += items;
      account.bytes += bytes;
    }
    this.#items += items;
    this.#bytes += bytes;
  }

  /** Time without jobs is no credit for later. */
  #catchUp(group: Group<T>, lane: Lane<T>): void {
    if (group.items === 0) group.usedMs = Math.max(group.usedMs, this.#servedMs);
    if (lane.items === 0) lane.usedMs = Math.max(lane.usedMs, group.servedMs);
  }

  #groupOf({ kind }: JobOrigin): Group<T> {
    const known = this.#groups.get(kind);
    if (known) return known;
    const group = { items: 0, bytes: 0, usedMs: 0, servedMs: 0, lanes: new Map() };
    this.#groups.set(kind, group);
    return group;
  }

  #laneOf(group: Group<T>, { id }: JobOrigin): Lane<T> {
    const known = group.lanes.get(id);
    if (known) return known;
    if (group.lanes.size >= MAX_REMEMBERED) forget(group);
    const lane = { id, items: 0, bytes: 0, usedMs: 0, entries: [] };
    group.lanes.set(id, lane);
    return lane;
  }
}

function charge(group: Account, lane: Account, ms: number): void {
  group.usedMs += ms;
  lane.usedMs += ms;
}

/** The first of those with items that have used the least. */
function leastUsed<A extends Account>(accounts: Iterable<A>): A | undefined {
  let least: A | undefined;
  for (const one of accounts)
    if (one.items > 0 && (!least || one.usedMs < least.usedMs)) least = one;
  return least;
}

/** Forgets origins without items: those that used the least, since one that comes again begins with no less. */
function forget<T>(group: Group<T>): void {
  const idle = [...group.lanes.values()].filter(({ items }) => items === 0);
  idle.sort((a, b) => a.usedMs - b.usedMs);
  for (const { id } of idle.slice(0, Math.ceil(idle.length / 2))) group.lanes.delete(id);
}
