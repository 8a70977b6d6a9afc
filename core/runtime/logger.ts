import { fstatSync } from 'node:fs';
import { type DestinationStream, type LogFn, type Logger, pino } from 'pino';
import { LogLimit, type LogLimits } from './log-limit.js';
import type { RecentLog } from './recent-log.js';
import { shortObject, shortText } from './shorten.js';

export type { Logger } from 'pino';
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';

/** How often the log says what was left out. */
const REPORT_MS = 10_000;
const MAX_REPORTED = 20;
const FATAL = 60;

/** The one logger of a process, JSON lines on stdout and in `recent`; components use children of it. */
export function createLogger(name: string, level: LogLevel, recent?: RecentLog): Logger {
  const stdout = pino.destination({ fd: process.stdout.fd, sync: true });
  const isForJournal = isJournal(process.stdout.fd, process.env.JOURNAL_STREAM);
  const both = {
    write(line: string) {
      recent?.write(line);
      stdout.write(line);
    },
  };
  return createLimitedLogger(name, level, isForJournal ? withPriorities(both) : both);
}

/** A logger of which no client can make much of the log: what is long is cut, and what is frequent is counted. */
export function createLimitedLogger(
  name: string,
  level: LogLevel,
  stream: DestinationStream,
  limits: Partial<LogLimits> = {},
  reportMs = REPORT_MS,
): Logger {
  const limit = new LogLimit(limits);
  let isReportDue = false;
  let isReport = false;
  const report = () => {
    isReportDue = false;
    isReport = true;
    for (const { kind, count } of limit.takeLeftOut().slice(0, MAX_REPORTED))
      logger.warn({ kind, count }, 'similar log messages left out');
    isReport = false;
  };
  const logger = pino(
    {
      name,
      level,
      formatters: { log: (fields) => shortObject(fields) },
      hooks: {
        logMethod(args: Parameters<LogFn>, method: LogFn, level: number) {
          const message = textOf(args);
          if (level < FATAL && !isReport && !limit.admits(message)) {
            if (!isReportDue) setTimeout(report, reportMs).unref();
            isReportDue = true;
            return;
          }
          Reflect.apply(method, this, withShortText(args));
        },
      },
      serializers: { err: loggedError },
      redact: {
        paths: ['*.password', '*.token', '*.authorization', 'password', 'token', 'authorization'],
        censor: '(hidden)',
      },
    },
    stream,
  );
  return logger;
}

/** The text of a line. pino takes it alone, or behind the fields. */
function textOf([first, second]: unknown[]): string {
  if (typeof first === 'string') return first;
  if (typeof second === 'string') return second;
  return first instanceof Error ? first.message : '';
}

const withShortText = (args: unknown[]): unknown[] =>
  args.map((part) => (typeof part === 'string' ? shortText(part, MAX_MESSAGE_CHARACTERS) : part));

interface LoggedError {
  type: string;
  message: string;
  code?: string;
  stack?: string | undefined;
  cause?: LoggedError;
}

const MAX_CAUSES = 5;
const MAX_MESSAGE_CHARACTERS = 1_000;
const MAX_STACK_CHARACTERS = 4_000;

/**
 * The logged fields of an error. Other properties that libraries add may contain secrets: Node.js adds a request's
 * bytes with its token, others a connection with its password.
 */
export function loggedError(error: unknown, causes = MAX_CAUSES): LoggedError {
  if (!(error instanceof Error))
    return { type: typeof error, message: shortText(String(error), MAX_MESSAGE_CHARACTERS) };
  const { message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    type: error.constructor.name,
    message: shortText(message, MAX_MESSAGE_CHARACTERS),
    ...((typeof code === 'string' || typeof code === 'number') && {
      code: shortText(String(code)),
    }),
    stack: stack && shortText(stack, MAX_MESSAGE_CHARACTERS + MAX_STACK_CHARACTERS),
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
