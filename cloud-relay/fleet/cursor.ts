import { z } from 'zod';
import { imageIdSchema } from '../../core/contract/names.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { SummaryPosition } from '../store/summary-table.js';

const cursorSchema = z.tuple([z.int(), imageIdSchema]);

export const encodeCursor = ({ takenAt, snapshot }: SummaryPosition): string =>
  Buffer.from(JSON.stringify([takenAt, snapshot])).toString('base64url');

/** Throws `invalid_parameter`. */
export function decodeCursor(text: string): SummaryPosition {
  try {
    const json: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const [takenAt, snapshot] = cursorSchema.parse(json);
    return { takenAt, snapshot };
  } catch (cause) {
    throw new ProblemError('invalid_parameter', 'after is not the end of a page', { cause });
  }
}
