import { execFile } from 'node:child_process';
import { messageOf } from './errors.js';
import type { Logger } from './logger.js';

/** A notification to the service manager (sd_notify(3)), by the names of its variables. */
export type Notice = Partial<
  Record<'READY' | 'STOPPING' | 'WATCHDOG', '1'> & { STATUS: string; EXTEND_TIMEOUT_USEC: string }
>;

/** The service manager that started this process, if any. */
export interface Notifier {
  /** Milliseconds without a notification after which it restarts the process; undefined if it does not. */
  readonly watchdogMs: number | undefined;
  /** Never rejects; a failure is logged. */
  notify(notice: Notice): Promise<void>;
}

/** A message takes some milliseconds; systemd-notify itself waits up to 5 s for it to be read. */
const DEADLINE_MS = 8_000;

/** Runs `systemd-notify`, because Node.js has no Unix datagram sockets. */
class SystemdNotifier implements Notifier {
  #hasFailed = false;

  constructor(
    private readonly socket: string,
    readonly watchdogMs: number | undefined,
    private readonly log: Logger,
  ) {}

  notify(notice: Notice): Promise<void> {
    const assignments = Object.entries(notice).map(([name, value]) => `${name}=${oneLine(value)}`);
    const env = { PATH: process.env.PATH, NOTIFY_SOCKET: this.socket };
    return new Promise((resolve) => {
      execFile('systemd-notify', assignments, { env, timeout: DEADLINE_MS }, (error) => {
        if (error && !this.#hasFailed)
          this.log.warn({ error: messageOf(error) }, 'systemd notification failed');
        this.#hasFailed = error !== null;
        resolve();
      });
    });
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

/** Outside systemd. */
const noManager: Notifier = { watchdogMs: undefined, notify: async () => undefined };

/**
 * The service manager that the environment describes (sd_notify(3), sd_watchdog_enabled(3)). Removes the variables from
 * the environment, so that no child process notifies in the name of this one.
 */
export function createNotifier(log: Logger, environment = process.env): Notifier {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = environment;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
  if (!NOTIFY_SOCKET) return noManager;
  const isThisProcess = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid;
  const watchdogMs =
    isThisProcess && Number(WATCHDOG_USEC) > 0 ? Number(WATCHDOG_USEC) / 1000 : undefined;
  return new SystemdNotifier(NOTIFY_SOCKET, watchdogMs, log);
}
