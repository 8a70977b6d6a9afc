import { z } from 'zod';
import { imageIdSchema } from '../../core/contract/names.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { DailyPosition } from '../store/daily-label-table.js';
import type { SummaryPosition } from '../store/summary-table.js';

const cursorSchema = z.tuple([z.int(), imageIdSchema]);

export const encodeCursor = ({ takenAt, snapshot }: SummaryPosition): string =>
  Buffer.from(JSON.stringify([takenAt, snapshot])).toString('base64url');

export const encodeDailyCursor = ({ day, label }: DailyPosition): string =>
  encodeCursor({ takenAt: day, snapshot: label });

/** Throws `invalid_parameter`. */
export function decodeDailyCursor(text: string): DailyPosition {
  const { takenAt: day, snapshot: label } = decodeCursor(text);
  return { day, label };
}

/** Throws `invalid_parameter`. */
export function decodeCursor(text: string): SummaryPosition {
  try {
    const json: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const [takenAt, snapshot] = cursorSchema.parse(json);
    if (snapshot.includes('\0')) throw new Error('NUL in a text');
    return { takenAt, snapshot };
  } catch (cause) {
    throw new ProblemError('invalid_parameter', 'after is not the end of a page', { cause });
  }
}
