import { fstatSync } from 'node:fs';
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';

/** The one logger of a process, JSON lines on stdout; components use children of it. */
export function createLogger(name: string, level: LogLevel): Logger {
  const stdout = pino.destination({ fd: process.stdout.fd, sync: true });
  return pino(
    {
      name,
      level,
      serializers: { err: loggedError },
      redact: {
        paths: ['*.password', '*.token', '*.authorization', 'password', 'token', 'authorization'],
        censor: '(hidden)',
      },
    },
    isJournal(process.stdout.fd, process.env.JOURNAL_STREAM) ? withPriorities(stdout) : stdout,
  );
}

interface LoggedError {
  type: string;
  message: string;
  code?: string;
  stack?: string | undefined;
  cause?: LoggedError;
}

const MAX_CAUSES = 5;

/**
 * The logged fields of an error. Other properties that libraries add may contain secrets: Node.js adds a request's
 * bytes with its token, others a connection with its password.
 */
export function loggedError(error: unknown, causes = MAX_CAUSES): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    type: error.constructor.name,
    message,
    ...((typeof code === 'string' || typeof code === 'number') && { code: String(code) }),
    stack,
    ...(cause !== undefined && causes > 0 && { cause: loggedError(cause, causes - 1) }),
  };
}

export const silentLogger = (): Logger => pino({ level: 'silent' });

/** Whether systemd connected the file descriptor to its journal; `stream` is `DEVICE:INODE`, systemd.exec(5). */
function isJournal(fd: number, stream: string | undefined): boolean {
  if (!stream) return false;
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return stream === `${dev}:${ino}`;
}

/** Prefixes each line with its syslog priority (sd-daemon(3)), by which `journalctl -p warning` filters. */
function withPriorities(stream: DestinationStream): DestinationStream {
  const journal = {
    /** Makes pino set `lastLevel` before each line. */
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 30,
    write(line: string) {
      stream.write(`<${priorityOf(journal.lastLevel)}>${line}`);
    },
  };
  return journal;
}

/** Maps pino's levels to syslog's. */
function priorityOf(level: number): number {
  const [CRITICAL, ERROR, WARNING, INFO, DEBUG] = [2, 3, 4, 6, 7];
  if (level >= 60) return CRITICAL;
  if (level >= 50) return ERROR;
  if (level >= 40) return WARNING;
  return level >= 30 ? INFO : DEBUG;
}
