import { messageOf } from '../runtime/errors.js';
import { unavailabilityOf } from '../store/database-unavailable.js';
import { filesUnavailabilityOf } from '../store/files-unavailable.js';

/** Whether the process can accept work, and the reasons if it cannot; also what operators should see although it can. */
export interface Readiness {
  ready: boolean;
  reasons: string[];
}

/** Something that the process cannot work without. */
export interface Requirement {
  /** In a metric and in a reason, e.g. `database`. */
  name: string;
  /** Why the process cannot work, for operators; undefined if it can. */
  check(): string | undefined | Promise<string | undefined>;
  /** What operators should see although the process can work. */
  notes?(): string[];
}

/** A check that takes longer counts as failed: a supervisor waits for seconds only. */
const CHECK_MS = 3_000;
/** Results are shared for so long, since anyone may ask. */
const LIFETIME_MS = 2_000;

/** Checks what the process needs, when somebody asks. Never rejects, and answers within seconds. */
export class ReadinessMonitor {
  readonly #requirements: CheckedRequirement[];

  constructor(requirements: Requirement[], checkMs = CHECK_MS, lifetimeMs = LIFETIME_MS) {
    this.#requirements = requirements.map(
      (requirement) => new CheckedRequirement(requirement, checkMs, lifetimeMs),
    );
  }

  async readiness(): Promise<Readiness> {
    const found = await Promise.all(this.#requirements.map((requirement) => requirement.reason()));
    const reasons = found.filter((reason) => reason !== undefined);
    const notes = this.#requirements.flatMap((requirement) => requirement.notes);
    return { ready: reasons.length === 0, reasons: [...reasons, ...notes] };
  }

  /** Each requirement, and whether it is fulfilled. */
  states(): Promise<[name: string, fulfilled: boolean][]> {
    return Promise.all(
      this.#requirements.map(
        async (requirement): Promise<[string, boolean]> => [
          requirement.name,
          (await requirement.reason()) === undefined,
        ],
      ),
    );
  }
}

class CheckedRequirement {
  /** A check that does not end is not begun a second time. */
  #running: Promise<string | undefined> | undefined;
  #last: { reason: string | undefined; at: number } | undefined;

  constructor(
    private readonly requirement: Requirement,
    private readonly checkMs: number,
    private readonly lifetimeMs: number,
  ) {}

  get name(): string {
    return this.requirement.name;
  }

  get notes(): string[] {
    return this.requirement.notes?.() ?? [];
  }

  async reason(): Promise<string | undefined> {
    if (this.#last && performance.now() - this.#last.at < this.lifetimeMs) return this.#last.reason;
    this.#running ??= this.#check().finally(() => {
      this.#running = undefined;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(this.#lateness()), this.checkMs);
    });
    try {
      return await Promise.race([this.#running, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #check(): Promise<string | undefined> {
    const reason = await this.#outcome();
    this.#last = { reason, at: performance.now() };
    return reason;
  }

  async #outcome(): Promise<string | undefined> {
    try {
      return await this.requirement.check();
    } catch (error) {
      const isNamed = unavailabilityOf(error) ?? filesUnavailabilityOf(error);
      return isNamed ? isNamed.message : `the ${this.name} cannot be used: ${messageOf(error)}`;
    }
  }

  /** Callers that come meanwhile are told at once. */
  #lateness(): string {
    const reason = `the ${this.name} does not answer`;
    this.#last = { reason, at: performance.now() };
    return reason;
  }
}
