import type { GivenSettings } from './configuration.js';
import { ConfigurationError, messageOf, StartError } from './errors.js';
import { type Lifecycle, type Restart, terminationSignal } from './lifecycle.js';
import { createLogger, type Logger, type LogLevel } from './logger.js';
import { createNotifier, type Notifier } from './notifier.js';
import { programVersion } from './program-version.js';
import { RecentLog } from './recent-log.js';
import { onReloadSignal } from './reload-signal.js';
import { type Probe, Watchdog } from './watchdog.js';

/** A program that was built: its services, and the probes of the watchdog. */
export interface Running {
  lifecycle: Lifecycle;
  probes: readonly Probe[];
  /** A fault that a restart of all services repairs. The program is then built again in the same process. */
  restart?: Restart;
}

/** Where a configuration comes from. Both functions throw ConfigurationError. */
export interface ConfigurationSource<C> {
  /** Reads it again. */
  reread: () => C;
  /** What the file, if there is one, and the command line say. */
  given: () => { source: string | undefined; settings: GivenSettings };
}

/** What lasts while the services restart. */
export interface Surroundings<C> extends ConfigurationSource<C> {
  recentLog: RecentLog;
}

export interface ServedProgram<C> {
  name: string;
  /** Builds the parts, but starts nothing. */
  create(configuration: C, log: Logger, surroundings: Surroundings<C>): Promise<Running>;
}

/** Runs a program's services until a signal ends them. Resolves with whether they started and stopped as they should. */
export async function serve<C extends { log: { level: LogLevel } }>(
  program: ServedProgram<C>,
  configuration: C,
  source: ConfigurationSource<C>,
): Promise<boolean> {
  const recentLog = new RecentLog();
  const log = createLogger(program.name, configuration.log.level, recentLog);
  const surroundings = { ...source, recentLog };
  const ended = terminationSignal();
  // Without a listener, a reload that comes while the services start or restart would end the process.
  const forgetSignal = onReloadSignal(() => log.debug('SIGHUP received'));
  try {
    const notifier = createNotifier(log);
    // Between two runs, the service manager must know that the process lives.
    const idle = new Watchdog([], notifier, log.child({ component: 'watchdog' }));
    let current = configuration;
    for (;;) {
      const running = await built(() => program.create(current, log, surroundings), notifier);
      const signal = await runServices(running, { ended, idle, notifier, log });
      if (signal !== undefined) return true;
      await idle.start();
      current = renewed(source.reread, current, log);
    }
  } catch (error) {
    const expected = error instanceof StartError || error instanceof ConfigurationError;
    if (expected) log.fatal(error.message);
    else log.fatal({ err: error }, 'failed to start');
    return false;
  } finally {
    forgetSignal();
  }
}

/** How often, and for how long, the service manager is asked to wait for a program that is being built. */
const EXTEND_EVERY_MS = 60_000;
const EXTEND_TIMES = 60;

/** Waits for a program that is built. The repair of a large database takes longer than a service manager waits. */
async function built(create: () => Promise<Running>, notifier: Notifier): Promise<Running> {
  let left = EXTEND_TIMES;
  const timer = setInterval(() => {
    if (left-- > 0)
      void notifier.notify({ EXTEND_TIMEOUT_USEC: String(EXTEND_EVERY_MS * 3 * 1_000) });
  }, EXTEND_EVERY_MS);
  try {
    return await create();
  } finally {
    clearInterval(timer);
  }
}

interface RunOptions {
  ended: Promise<NodeJS.Signals>;
  /** Beats while no services run. */
  idle: Watchdog;
  notifier: Notifier;
  log: Logger;
}

/** Runs the services until a signal ends them, or until they must restart; then it resolves with undefined. */
async function runServices(
  { lifecycle, probes, restart }: Running,
  { ended, idle, notifier, log }: RunOptions,
): Promise<NodeJS.Signals | undefined> {
  try {
    await lifecycle.start();
  } catch (error) {
    if (!(await isDue(restart))) throw error;
    log.error({ reason: restart?.reason, error: messageOf(error) }, 'failed to start; restarting');
    return undefined;
  } finally {
    idle.pause();
  }
  const watchdog = new Watchdog(probes, notifier, log.child({ component: 'watchdog' }));
  await watchdog.start();
  log.info({ version: programVersion() }, 'started');
  const signal = await Promise.race([ended, restart?.due.then(() => undefined) ?? ended]);
  if (signal === undefined) {
    log.warn({ reason: restart?.reason }, 'restarting');
    watchdog.pause();
  } else {
    log.info({ signal }, 'stopping');
    await watchdog.stop();
  }
  await lifecycle.stop();
  return signal;
}

const isDue = async (restart: Restart | undefined): Promise<boolean> =>
  restart !== undefined &&
  (await Promise.race([restart.due.then(() => true), Promise.resolve().then(() => false)]));

/** The configuration may have changed since the start; one with errors is not used, which the log says. */
export function renewed<C>(reread: () => C, current: C, log: Pick<Logger, 'error'>): C {
  try {
    return reread();
  } catch (error) {
    const errors = error instanceof ConfigurationError ? error.errors : messageOf(error);
    log.error({ errors }, 'configuration invalid; the previous one stays in effect');
    return current;
  }
}
