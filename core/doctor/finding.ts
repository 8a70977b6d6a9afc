/** What a look at one thing found. A warning is what will be wrong, or may be; a failure is what is. */
export interface Verdict {
  state: 'ok' | 'warning' | 'failure';
  /** In one line; it holds no secret. */
  text: string;
  /** What to do about it. */
  advice?: string;
}

export interface Finding extends Verdict {
  /** What was looked at, in a word or two. */
  about: string;
}

/** Looks at one thing, within a bounded time, and changes nothing. */
export interface Check {
  about: string;
  run(): Promise<Verdict | Verdict[]> | Verdict | Verdict[];
}

export const ok = (text: string): Verdict => ({ state: 'ok', text });
export const warning = (text: string, advice: string): Verdict => ({
  state: 'warning',
  text,
  advice,
});
export const failure = (text: string, advice: string): Verdict => ({
  state: 'failure',
  text,
  advice,
});
