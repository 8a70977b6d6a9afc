import type { Middleware } from 'koa';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ReadinessMonitor } from './readiness.js';

const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A number that is read at each scrape. */
export interface Reading {
  name: string;
  help: string;
  read(): number | Promise<number>;
}

/** A number for each value of a label, such as the camera. The values must be few, as those from the configuration. */
export interface LabelledReading {
  name: string;
  help: string;
  label: string;
  read(): LabelledValues | Promise<LabelledValues>;
}

type LabelledValues = Iterable<[value: string, number: number]>;

/** Numbers by several labels; each row has a value for each label, in their order. The rows must be few. */
export interface SeriesReading {
  name: string;
  help: string;
  labels: string[];
  read(): Iterable<[values: string[], number: number]>;
}

/** A state set: for each labelled thing, 1 for the state that it is in and 0 for the others. */
export interface StateReading {
  name: string;
  help: string;
  label: string;
  states: readonly string[];
  read(): Iterable<[value: string, state: string]>;
}

/** The measured values of a detection worker's job; times in milliseconds. */
export interface FinishedJob {
  outcome: string;
  queueMs: number;
  decodeMs?: number;
  detectMs?: number;
  engines?: string[];
}

/** A reading that takes longer is left out: a scrape waits for ten seconds. */
const READING_MS = 4_000;

const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** What `read` returns; undefined if it fails or takes too long, e.g. since the database is away. */
async function readingOf<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), READING_MS);
  });
  try {
    return await Promise.race([read(), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** The metrics of a process for Prometheus. Names follow its conventions: base units, `_total` on counters. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests = new Histogram({
    name: 'siteglass_http_request_duration_seconds',
    help: 'Time from the request to the end of the response',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly #stages = new Histogram({
    name: 'siteglass_detection_stage_duration_seconds',
    help: 'Time of an analysis in the queue, in decoding and in detection',
    labelNames: ['stage'] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly #jobs = new Counter({
    name: 'siteglass_detection_jobs_total',
    help: 'Jobs of the detection workers, by outcome',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });
  readonly #searches = new Counter({
    name: 'siteglass_searches_total',
    help: 'Images searched, by engine; an image that two engines searched counts for each',
    labelNames: ['engine'] as const,
    registers: [this.registry],
  });
  readonly #analyses = new Counter({
    name: 'siteglass_analyses_total',
    help: 'Images analysed, or answered from a stored result, by source',
    labelNames: ['source'] as const,
    registers: [this.registry],
  });

  constructor(program: { name: string; version: string }) {
    collectDefaultMetrics({ register: this.registry });
    // Gauges whose names say that they are counters; the same numbers, by type, are in others.
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    this.series('gauge', {
      name: 'siteglass_build_info',
      help: 'Always 1; its labels are the program, its version and the version of Node.js',
      labels: ['program', 'version', 'node'],
      read: () => [[[program.name, program.version, process.versions.node], 1]],
    });
  }

  /** Counts requests by the route's pattern instead of the path, so that the number of series has a bound. */
  requests(): Middleware {
    return async (ctx, next) => {
      const end = this.#requests.startTimer();
      ctx.res.once('close', () => {
        const route = (ctx._matchedRoute as string | RegExp | undefined)?.toString() ?? 'none';
        end({ method: ctx.method, route, status: ctx.status });
      });
      await next();
    };
  }

  job({ outcome, queueMs, decodeMs, detectMs, engines = [] }: FinishedJob): void {
    this.#jobs.inc({ outcome });
    for (const engine of engines) this.#searches.inc({ engine });
    this.#stages.observe({ stage: 'queue' }, queueMs / 1000);
    if (decodeMs !== undefined) this.#stages.observe({ stage: 'decode' }, decodeMs / 1000);
    if (detectMs !== undefined) this.#stages.observe({ stage: 'detect' }, detectMs / 1000);
  }

  analysed(source: string): void {
    this.#analyses.inc({ source });
  }

  /** Adds a gauge that is read at each scrape. It is left out while it cannot be read. */
  gauge({ name, help, read }: Reading): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        const value = await readingOf(read);
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }

  /** Adds a gauge with a label; values that `read` no longer returns are removed. */
  gauges({ name, help, label, read }: LabelledReading): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      async collect() {
        const values = await readingOf(read);
        this.reset();
        for (const [value, number] of values ?? []) this.set({ [label]: value }, number);
      },
    });
  }

  /** Adds a counter that is read at each scrape. It is left out while it cannot be read. */
  counter({ name, help, read }: Reading): void {
    new Counter({
      name,
      help,
      registers: [this.registry],
      async collect() {
        const value = await readingOf(read);
        this.reset();
        if (value === undefined) this.remove();
        else this.inc(value);
      },
    });
  }

  /** Adds numbers by several labels, read at each scrape; rows that `read` no longer returns are removed. */
  series(type: 'gauge' | 'counter', { name, help, labels, read }: SeriesReading): void {
    const options = { name, help, labelNames: labels, registers: [this.registry] };
    const named = (values: string[]) =>
      Object.fromEntries(labels.map((label, i) => [label, values[i] ?? '']));
    if (type === 'gauge')
      new Gauge({
        ...options,
        collect() {
          this.reset();
          for (const [values, number] of read()) this.set(named(values), number);
        },
      });
    else
      new Counter({
        ...options,
        collect() {
          this.reset();
          for (const [values, number] of read()) this.inc(named(values), number);
        },
      });
  }

  states({ name, help, label, states, read }: StateReading): void {
    this.series('gauge', {
      name,
      help,
      labels: [label, 'state'],
      read: () =>
        [...read()].flatMap(([value, present]) =>
          states.map((state): [string[], number] => [[value, state], Number(state === present)]),
        ),
    });
  }

  /** Adds what the process needs, see `ReadinessMonitor`. */
  requirements(monitor: ReadinessMonitor): void {
    this.gauges({
      name: 'siteglass_requirement_up',
      help: '1 while the process can use what it needs, e.g. the database; see /readyz',
      label: 'requirement',
      read: async () =>
        (await monitor.states()).map(([name, fulfilled]): [string, number] => [
          name,
          Number(fulfilled),
        ]),
    });
  }
}
