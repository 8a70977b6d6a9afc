/** The result of a check. A failure is a problem now; a warning may become one. */
export interface Verdict {
  state: 'ok' | 'warning' | 'failure';
  /** One line, without secrets. */
  text: string;
  /** What to do next: a command to paste, if possible. */
  advice?: string;
}

export interface Finding extends Verdict {
  /** What was checked, in a word or two. */
  about: string;
}

/** Checks one thing in bounded time and changes nothing. */
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
