import { epochSchema, sequenceSchema } from '../../core/contract/summary.js';

/** The part of a record that is read first: it names the record even if the rest is of an unknown form. */
export interface RecordHead {
  epoch: string;
  seq: number;
  snapshot?: string;
}

/** Where the head and the snapshot are in a record as an appliance writes it. */
const HEAD_CHARACTERS = 1_024;

/** The head of a record, from the beginning of its text; undefined if it has none that is valid. */
export function recordHead(text: string): RecordHead | undefined {
  const head = text.slice(0, HEAD_CHARACTERS);
  const epoch = epochSchema.safeParse(/"epoch"\s*:\s*"([^"]*)"/.exec(head)?.[1]);
  const seq = sequenceSchema.safeParse(Number(/"seq"\s*:\s*(\d+)\s*[,}]/.exec(head)?.[1]));
  if (!epoch.success || !seq.success) return undefined;
  const snapshot = /"snapshot"\s*:\s*"([0-9a-f-]{36})"/.exec(head)?.[1];
  return { epoch: epoch.data, seq: seq.data, ...(snapshot !== undefined && { snapshot }) };
}
