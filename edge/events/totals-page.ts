import { z } from 'zod';
import { labelSchema, nameSchema } from '../../core/contract/names.js';
import type { SightingTotal } from '../../core/contract/totals.js';
import { ProblemError } from '../../core/runtime/errors.js';

/** Size after which a page ends, as JSON. The total that passes it is the last. */
const MAX_PAGE_BYTES = 2 * 1024 * 1024;

/** Where a page ended: the first hour of its last hour or day, and its last total. */
interface Position {
  hour: number;
  camera: string;
  label: string;
}

interface TotalsCursor {
  /** Hours since the Unix epoch of all pages, also where the request left them out. */
  from: number;
  to: number;
  last: Position;
}

const hourSchema = z.int().min(0).max(10_000_000);
const cursorSchema = z.tuple([hourSchema, hourSchema, hourSchema, nameSchema, labelSchema]);

export const encodeTotalsCursor = ({ from, to, last }: TotalsCursor): string =>
  Buffer.from(JSON.stringify([from, to, last.hour, last.camera, last.label])).toString('base64url');

/** Throws `invalid_parameter`. */
export function decodeTotalsCursor(text: string): TotalsCursor {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const [from, to, hour, camera, label] = cursorSchema.parse(parts);
    return { from, to, last: { hour, camera, label } };
  } catch (cause) {
    const message = 'expected the `next` of a page';
    throw new ProblemError('invalid_parameter', `In the query: after: ${message}`, {
      cause,
      errors: [{ path: 'after', message }],
    });
  }
}

/** Totals, by hours or days and within one by camera and label, until there are enough. */
export class TotalsPage {
  readonly totals: SightingTotal[] = [];
  isFull = false;
  last: Position | undefined;
  #bytes = 0;

  constructor(
    private readonly after: Position | undefined,
    private readonly maxBytes = MAX_PAGE_BYTES,
  ) {}

  /** Adds the totals of an hour or day that begins with `hour`, but none that a page before has. */
  add(group: { hour: number; totals: SightingTotal[] } | undefined): void {
    for (const total of [...(group?.totals ?? [])].sort(byName)) {
      const { hour } = group ?? { hour: 0 };
      if (this.after?.hour === hour && byName(total, this.after) <= 0) continue;
      if (this.#bytes >= this.maxBytes) {
        this.isFull = true;
        return;
      }
      this.totals.push(total);
      this.#bytes += Buffer.byteLength(JSON.stringify(total)) + 1;
      this.last = { hour, camera: total.camera, label: total.label };
    }
  }
}

type Named = Pick<SightingTotal, 'camera' | 'label'>;

const byName = (a: Named, b: Named): number =>
  compare(a.camera, b.camera) || compare(a.label, b.label);

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
