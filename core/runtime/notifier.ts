import { execFile } from 'node:child_process';
import { messageOf } from './errors.js';
import type { Logger } from './logger.js';

/** What a service manager wants to be told (sd_notify(3)), by the variable's name. */
export type Notice = Partial<Record<'READY' | 'STOPPING' | 'WATCHDOG', '1'> & { STATUS: string }>;

/** The service manager that started this process, if any. */
export interface Notifier {
  /** It ends the process when it hears nothing for so many milliseconds; undefined where it does not. */
  readonly watchdogMs: number | undefined;
  /** Never rejects: that it could not be told goes to the log. */
  tell(notice: Notice): Promise<void>;
}

/** A message takes some milliseconds; systemd-notify itself waits up to 5 s for it to be read. */
const DEADLINE_MS = 8_000;

/** Tells systemd through its own program, since Node has no datagram sockets of the local kind. */
class SystemdNotifier implements Notifier {
  #isDeaf = false;

  constructor(
    private readonly socket: string,
    readonly watchdogMs: number | undefined,
    private readonly log: Logger,
  ) {}

  tell(notice: Notice): Promise<void> {
    const assignments = Object.entries(notice).map(([name, value]) => `${name}=${oneLine(value)}`);
    const env = { PATH: process.env.PATH, NOTIFY_SOCKET: this.socket };
    return new Promise((resolve) => {
      execFile('systemd-notify', assignments, { env, timeout: DEADLINE_MS }, (error) => {
        if (error && !this.#isDeaf)
          this.log.warn({ error: messageOf(error) }, 'the service manager cannot be told');
        this.#isDeaf = error !== null;
        resolve();
      });
    });
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

/** Outside systemd nobody is told anything. */
const nobody: Notifier = { watchdogMs: undefined, tell: async () => undefined };

/**
 * The service manager as the environment describes it (sd_notify(3), sd_watchdog_enabled(3)). The variables are taken
 * out of the environment, so that no child speaks for this process.
 */
export function createNotifier(log: Logger, environment = process.env): Notifier {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = environment;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
  if (!NOTIFY_SOCKET) return nobody;
  const isMeant = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid;
  const watchdogMs =
    isMeant && Number(WATCHDOG_USEC) > 0 ? Number(WATCHDOG_USEC) / 1000 : undefined;
  return new SystemdNotifier(NOTIFY_SOCKET, watchdogMs, log);
}
