import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';

/** The one logger of a process, JSON lines on stdout; rooms take children of it. */
export function createLogger(name: string, level: LogLevel): Logger {
  return pino({
    name,
    level,
    redact: {
      paths: ['*.password', '*.token', '*.authorization', 'password', 'token', 'authorization'],
      censor: '(hidden)',
    },
  });
}

export const silentLogger = (): Logger => pino({ level: 'silent' });
