import { type Acknowledgement, NIL_EPOCH, type Refusal } from '../../core/contract/summary.js';
import { LogThrottle } from '../../core/runtime/log-throttle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { Outbox, OutboxState } from '../store/outbox.js';
import { Doubt } from './doubt.js';
import type { EpochSession } from './epoch-session.js';
import { HeldBack } from './held-back.js';
import type { AckOutcome } from './send-plan.js';
import type { WorkList } from './work-list.js';

const LOG_EVERY_MS = 60_000;
/** A budget of one day may hold summaries back for hours. */
const HELD_EVERY_MS = 3_600_000;
/** Another appliance with the same id makes the relay name its epoch all the time. */
const OTHER_EPOCH_EVERY_MS = 60_000;

export interface AnswerParts {
  site: string;
  outbox: Outbox;
  work: WorkList;
  log: Logger;
  session: () => EpochSession | undefined;
  /** The outbox has changed below what is acknowledged, or is in a new epoch. */
  restart: (state: OutboxState) => void;
  /** Sends a record again that was damaged on the way. */
  again: (seq: number) => void;
  /** A record arrived that is beyond the site's budget at the relay. */
  held: (seq: number) => void;
  /** Asks the relay to acknowledge again. */
  ask: () => void;
  /** Sends a record that the relay has if it has everything that it acknowledged. */
  probe: () => Promise<void>;
}

/** What an acknowledgement means beyond "everything up to here is committed". */
export class RelayAnswers {
  readonly #throttle = new LogThrottle(LOG_EVERY_MS);
  readonly #others = new LogThrottle(OTHER_EPOCH_EVERY_MS);
  readonly #heldLog = new LogThrottle(HELD_EVERY_MS);
  readonly #heldBack = new HeldBack();
  /** That the relay has less than it acknowledged. */
  readonly #isBehind: Doubt;
  /** That it has more than was sent. */
  readonly #isAhead: Doubt;
  /** Times that another appliance was found to use the same numbers. */
  conflicts = 0;

  constructor(private readonly parts: AnswerParts) {
    this.#isBehind = new Doubt(parts.ask);
    this.#isAhead = new Doubt(parts.ask);
  }

  /** Why the relay does not store what arrives, in words. */
  problem({ plan, guard }: EpochSession): string | undefined {
    return this.#heldBack.problem(guard.epoch, plan.acked);
  }

  /** The connection has ended. */
  clear(): void {
    this.#isBehind.clear();
    this.#isAhead.clear();
  }

  /** An acknowledgement of the current epoch. `known` also if it is not believed yet. */
  read(session: EpochSession, acknowledgement: Acknowledgement, isRetained: boolean): AckOutcome {
    const { plan } = session;
    const { acked } = plan;
    // Without a checksum, a flipped bit could have made the number.
    if (plan.isForeign(acknowledgement) && acknowledgement.check === undefined)
      if (!this.#isAhead.confirms(acknowledgement.seq)) return 'known';
    if (!isRetained) this.#readReports(session, acknowledgement);
    const outcome = session.acknowledge(acknowledgement, isRetained);
    if (isRetained || outcome === 'foreign') return outcome;
    if (acknowledgement.seq >= acked) this.clear();
    else if (this.#isBehind.confirms(acknowledgement.seq)) this.#sendAgain(acknowledgement.seq);
    return outcome;
  }

  /** The relay has nothing of the current epoch, or it is an answer to another appliance with the same id. */
  readOfOtherEpoch(
    { epoch, seq, check, refused = [] }: Acknowledgement,
    isRetained: boolean,
  ): void {
    if (isRetained) return;
    const { outbox, site, work, log, session, probe } = this.parts;
    for (const refusal of refused)
      if (refusal.conflict) work.add(() => this.#resolveEarlierConflict(epoch, refusal));
    // A relay that has nothing says so only when it is asked, or starts.
    if (epoch !== NIL_EPOCH && !this.#others.isDue(epoch)) return;
    if ((session()?.plan.acked ?? 0) > 0) work.add(probe);
    // A relay that adds no checksum does not recognise what it has by its snapshot.
    if (check === undefined) return;
    work.add(async () => {
      for (const earlier of await outbox.kept.earlierEpochs()) {
        const has = earlier === epoch ? seq : 0;
        if (earlier !== epoch && epoch !== NIL_EPOCH) continue;
        const rows = await outbox.kept.sendAgainOf(earlier, has, site);
        if (rows > 0)
          log.warn(
            { epoch: earlier, acked: has, rows },
            'the relay has forgotten summaries of an earlier epoch; sending them again',
          );
      }
    });
  }

  /** The relay or the broker will never accept this record: those behind it go on. */
  setAside(seq: number, reason: string): void {
    const { outbox, work, log, session } = this.parts;
    work.add(async () => {
      if (!(await outbox.setAside(seq, reason))) return;
      session()?.plan.refuse(seq);
      if (this.#throttle.isDue('refused'))
        log.error(
          { seq, reason },
          'summary refused and set aside; "siteglass-edge outbox --refused" shows it',
        );
    });
  }

  #readReports(
    { plan, guard }: EpochSession,
    { refused = [], lost = [], held = [] }: Acknowledgement,
  ): void {
    const { outbox, work, log } = this.parts;
    this.#heldBack.named(guard.epoch, held);
    for (const seq of held) this.parts.held(seq);
    if (held.length > 0 && this.#heldLog.isDue(''))
      log.warn(
        { seq: held[0] },
        'relay holds summaries back: the site is beyond its budget there; they are sent again',
      );
    for (const refusal of refused) {
      if (refusal.conflict) work.add(() => this.#resolveConflict(guard.epoch, refusal));
      // One that is not in flight was refused earlier; perhaps the relay accepts it by now.
      else if (!plan.isInFlight(refusal.seq)) continue;
      else if (refusal.again) this.parts.again(refusal.seq);
      else this.setAside(refusal.seq, `refused by the relay: ${refusal.reason}`);
    }
    if (lost.length === 0) return;
    work.add(async () => {
      // It takes what is kept all the same.
      const { epoch, ackedSeq } = await outbox.state();
      const lowest = await outbox.kept.lowestHeld(epoch, ackedSeq);
      const kept = lost.find(([, to]) => to >= lowest && to <= ackedSeq);
      if (kept) {
        await this.parts.session()?.storeAcknowledged();
        await outbox.kept.sendAgain(Math.max(kept[0], lowest) - 1);
        this.parts.restart(await outbox.state());
      }
      const gone = lost.flatMap(([from, to]) =>
        from < lowest ? [[from, Math.min(to, lowest - 1)] as const] : [],
      );
      if (gone.length === 0) return;
      await outbox.kept.reportLost(gone);
      log.error(
        { lost: gone.slice(0, 8) },
        'the relay has lost summaries that it had acknowledged, and they are not kept here any more',
      );
    });
  }

  #sendAgain(seq: number): void {
    const { outbox, work, log, session, restart } = this.parts;
    work.add(async () => {
      const acked = session()?.plan.acked ?? 0;
      if (acked <= seq) return;
      await session()?.storeAcknowledged();
      const before = await outbox.state();
      await outbox.kept.sendAgain(seq);
      const state = await outbox.state();
      const gone = state.forgotten - before.forgotten;
      const report = { acked, has: seq, again: state.summaries - before.summaries, gone };
      if (gone === 0)
        log.warn(
          report,
          'the relay has forgotten summaries that it had acknowledged; sending them again, none is lost',
        );
      else
        log.error(
          report,
          'the relay has forgotten summaries that it had acknowledged; those that are not kept here any more are lost',
        );
      restart(state);
    });
  }

  /**
   * The relay has another summary under one of our numbers. If the one that it refuses is ours, everything from there on
   * goes out in a new epoch; what it has of that, it recognises.
   */
  async #resolveConflict(epoch: string, { seq, snapshot }: Refusal): Promise<void> {
    const { outbox, site, log, session, restart } = this.parts;
    if (session()?.guard.epoch !== epoch) return;
    if (snapshot === undefined || (await outbox.snapshotOf(seq)) !== snapshot) return;
    this.conflicts++;
    // An acknowledgement of the other summary may have passed for one of ours.
    await session()?.storeAcknowledged();
    await outbox.kept.sendAgain(seq - 1);
    const known = { epoch, seq: seq - 1 };
    const state = await outbox.startNewEpoch(known, Number.MAX_SAFE_INTEGER, site);
    log.error(
      { seq, epoch: state.epoch, summaries: state.summaries },
      'the relay has other summaries under these numbers: another appliance runs with a copy of this database; new epoch started',
    );
    restart(state);
  }

  /** The same for an epoch that has ended here: a summary that passed for acknowledged goes again. */
  async #resolveEarlierConflict(epoch: string, { seq, snapshot }: Refusal): Promise<void> {
    const { outbox, site, log } = this.parts;
    if (snapshot === undefined || (await outbox.kept.snapshotOf(seq, epoch)) !== snapshot) return;
    this.conflicts++;
    const rows = await outbox.kept.sendAgainOf(epoch, seq - 1, site);
    log.error(
      { epoch, seq, rows },
      'the relay has other summaries under numbers of an earlier epoch; sending ours again',
    );
  }
}
