/** What became of an attempt. */
export type Outcome = { ok: true; answer: string } | Failure;

export interface Failure {
  ok: false;
  /** In words, without secrets. */
  answer: string;
  /** What an operator can do about it. */
  advice?: string;
  /** `way`: other messages would fail as well; `message`: the receiver refused this one; `picture`: only its picture. */
  scope: 'way' | 'message' | 'picture';
  /** The receiver asked for so much time. */
  retryAfterMs?: number;
}

export const failure = (answer: string, more: Partial<Omit<Failure, 'ok'>> = {}): Failure => ({
  ok: false,
  answer,
  scope: 'way',
  ...more,
});
