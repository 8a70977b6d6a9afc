import type { HealthPart } from '../health/site-health.js';
import type { Outbox, OutboxState } from '../store/outbox.js';
import type { UplinkStatus } from './uplink-options.js';

/** What was lost, refused or in conflict makes the appliance degraded for so long. */
const REPORTED_MS = 3_600_000;

type Total = 'evicted' | 'refused' | 'forgotten' | 'conflicts';

const REASONS: Record<Total, (count: number) => string> = {
  evicted: (count) =>
    `${summaries(count)} evicted from the outbox before the relay acknowledged them, in the last hour`,
  refused: (count) => `${summaries(count)} refused and set aside, in the last hour`,
  forgotten: (count) =>
    `${summaries(count)} lost by the relay after their acknowledgement, and not kept here any more`,
  conflicts: () => 'another appliance runs with a copy of this database',
};

const summaries = (count: number) => (count === 1 ? '1 summary was' : `${count} summaries were`);

/** Why the delivery to the relay is degraded. Times are milliseconds of any one steady clock. */
export class DeliveryHealth {
  /** The totals at the first look; what was counted before is over. */
  #before: Record<Total, number> | undefined;
  /** When each total last rose, and from what value. */
  readonly #rises = new Map<Total, { from: number; at: number }>();

  constructor(
    private readonly outbox: Pick<Outbox, 'state'>,
    private readonly uplink: { status(): Promise<Pick<UplinkStatus, 'problem' | 'conflicts'>> },
    private readonly now = () => performance.now(),
  ) {}

  async condition(): Promise<HealthPart> {
    const { problem, conflicts } = await this.uplink.status();
    const totals = totalsOf(await this.outbox.state(), conflicts);
    this.#note(totals);
    const reported = [...this.#rises].map(([total, { from }]) =>
      REASONS[total](totals[total] - from),
    );
    return { reasons: [...(problem === undefined ? [] : [problem]), ...reported] };
  }

  #note(totals: Record<Total, number>): void {
    const now = this.now();
    const before = this.#before ?? { ...totals, conflicts: 0 };
    this.#before = totals;
    for (const total of Object.keys(totals) as Total[]) {
      const rise = this.#rises.get(total);
      if (totals[total] > before[total])
        this.#rises.set(total, { from: rise?.from ?? before[total], at: now });
      else if (rise && now - rise.at >= REPORTED_MS) this.#rises.delete(total);
    }
  }
}

const totalsOf = (
  { evicted, refused, forgotten }: OutboxState,
  conflicts: number,
): Record<Total, number> => ({ evicted, refused, forgotten, conflicts });
