import { z } from 'zod';
import { imageIdSchema, labelSchema } from '../../core/contract/names.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { DailyPosition } from '../store/daily-label-table.js';
import type { SummaryPosition } from '../store/summary-table.js';

const positionSchema = z.tuple([z.int(), imageIdSchema]);
const dailySchema = z.tuple([z.int(), labelSchema]);

const encoded = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url');

export const encodeCursor = ({ takenAt, snapshot }: SummaryPosition): string =>
  encoded([takenAt, snapshot]);

export const encodeDailyCursor = ({ day, label }: DailyPosition): string => encoded([day, label]);

/** Throws `invalid_parameter`. */
export function decodeCursor(text: string): SummaryPosition {
  const [takenAt, snapshot] = decoded(text, positionSchema);
  return { takenAt, snapshot };
}

/** Throws `invalid_parameter`. */
export function decodeDailyCursor(text: string): DailyPosition {
  const [day, label] = decoded(text, dailySchema);
  return { day, label };
}

function decoded<S extends z.ZodType>(text: string, schema: S): z.infer<S> {
  try {
    return schema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new ProblemError('invalid_parameter', 'after is not the end of a page', { cause });
  }
}
