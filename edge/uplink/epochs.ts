import type { Logger } from '../../core/runtime/logger.js';
import type { Outbox, OutboxState } from '../store/outbox.js';
import { EpochSession } from './epoch-session.js';
import type { UplinkOptions } from './uplink-options.js';

const END_MESSAGES = {
  'relay-is-ahead':
    'database is a restored copy: the relay has more than it ever sent; new epoch started',
  'copy-not-confirmed':
    'database is a restored copy, and the relay does not confirm its epoch; new epoch started',
  'not-confirmed':
    'the relay does not confirm the epoch after a start: the database may be a copy; new epoch started',
};

/** The session of the present epoch, and when another epoch begins. */
export class Epochs {
  #session: EpochSession | undefined;

  constructor(
    private readonly outbox: Outbox,
    private readonly options: UplinkOptions,
    private readonly log: Logger,
    /** Called before each session, so that nothing of the last one goes on. */
    private readonly onStart: () => void,
  ) {}

  /** Undefined until the outbox could be read. */
  get session(): EpochSession | undefined {
    return this.#session;
  }

  async begin(): Promise<void> {
    const { identity = '', site } = this.options;
    const { epoch } = await this.outbox.state();
    const state = await this.outbox.begin(identity, site);
    if (state.epoch !== epoch)
      this.log.warn({ epoch: state.epoch, site }, 'the site has another id; new epoch started');
    this.start(state);
  }

  start(state: OutboxState): void {
    this.onStart();
    this.#session = new EpochSession(this.outbox, state, this.options);
  }

  /** Starts a new epoch if the guard of the present one says so. */
  async endIfDoubtful(): Promise<void> {
    const session = this.#session;
    if (!session?.guard.end) return;
    const { guard } = session;
    const { reason, acknowledged } = session.guard.end;
    await session.storeAcknowledged();
    const { site } = this.options;
    const state = await this.outbox.startNewEpoch(acknowledged, guard.sharedSeq, site);
    this.start(state);
    // What was acknowledged since the start may be the other database's: the relay recognises what it has.
    if (reason === 'relay-is-ahead' && acknowledged.check !== undefined)
      await this.outbox.kept.sendAgainOf(guard.epoch, guard.sharedSeq, site);
    this.log.warn({ epoch: state.epoch, summaries: state.summaries }, END_MESSAGES[reason]);
  }
}
