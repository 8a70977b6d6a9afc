import { existsSync } from 'node:fs';
import { ALLOCATOR, NODE_ARGUMENTS } from './appliance.js';
import type { Broker } from './broker.js';
import type { IdleQuestion, IdleReply } from './idle-subscriber.js';
import type { LoadQuestion, LoadReply } from './ingest-load.js';
import type { RelayQuestion, RelayReply } from './ingest-relay.js';
import { cpuMs, machineCpuMs, peakRssMb } from './processes.js';
import { SideProcess } from './side-process.js';

export interface Measured extends LoadReply {
  /** Processor time for each record, in microseconds. */
  cpuUs: { subscriber: number; broker: number; load: number; database: number };
  /** The part of the machine's processor time that other programs took meanwhile, in percent. */
  othersPercent: number;
}

/** What takes the records from the broker. */
type Subscriber = SideProcess<IdleQuestion, IdleReply> | SideProcess<RelayQuestion, RelayReply>;

/** A broker of its own with what takes the records from it, and the load. They are idle while another part is measured. */
export class IngestPart {
  readonly #load = new SideProcess<LoadQuestion, LoadReply>('ingest-load');

  private constructor(
    private readonly broker: Broker,
    private readonly subscriber: Subscriber,
    private readonly databasePids: () => number[],
  ) {}

  /** A subscriber that does nothing. */
  static async idle(broker: Broker): Promise<IngestPart> {
    const subscriber = withSettings<IdleQuestion, IdleReply>('idle-subscriber');
    await subscriber.ask({ broker: broker.url });
    return new IngestPart(broker, subscriber, () => []);
  }

  /** The relay's ingest; `databasePids` are the processes of its database's server. */
  static async relay(
    broker: Broker,
    database: string,
    execArgv: string[] = [],
    databasePids: () => number[] = () => [],
  ): Promise<IngestPart> {
    const subscriber = withSettings<RelayQuestion, RelayReply>('ingest-relay', execArgv);
    await subscriber.ask({ broker: broker.url, database });
    return new IngestPart(broker, subscriber, databasePids);
  }

  async measure(question: Omit<LoadQuestion, 'broker'>): Promise<Measured> {
    const groups = () => [
      [this.subscriber.pid],
      [this.broker.pid],
      [this.#load.pid],
      this.databasePids(),
    ];
    const before = { own: groups().map(cpuMsOfThose), machine: machineCpuMs() };
    const reply = await this.#load.ask({ ...question, broker: this.broker.url });
    const own = groups().map((pids, i) => cpuMsOfThose(pids) - (before.own[i] ?? 0));
    const machine = machineCpuMs();
    const used = own.reduce((sum, ms) => sum + ms, 0);
    const others = machine.used - before.machine.used - used;
    const [subscriber = 0, broker = 0, load = 0, database = 0] = own.map(
      (ms) => (1_000 * ms) / reply.records,
    );
    return {
      ...reply,
      cpuUs: { subscriber, broker, load, database },
      othersPercent: (100 * Math.max(0, others)) / (machine.all - before.machine.all),
    };
  }

  peakMb(): { subscriber: number; broker: number } {
    return { subscriber: peakRssMb(this.subscriber.pid), broker: peakRssMb(this.broker.pid) };
  }

  async stop(): Promise<void> {
    await Promise.all([this.#load.stop(), this.subscriber.stop()]);
    await this.broker.stop();
  }
}

/** With the settings of the programs' first line. */
const withSettings = <Question extends object, Reply>(script: string, execArgv: string[] = []) =>
  new SideProcess<Question, Reply>(script, [...process.execArgv, ...NODE_ARGUMENTS, ...execArgv], {
    ...process.env,
    ...ALLOCATOR,
  });

/** Of processes that may have ended meanwhile, as PostgreSQL's short-lived ones do. */
function cpuMsOfThose(pids: number[]): number {
  const alive = pids.filter((pid) => existsSync(`/proc/${pid}/stat`));
  return alive.reduce((ms, pid) => ms + cpuMs(pid), 0);
}
