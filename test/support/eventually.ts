import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 40_000;
const ASK_EVERY_MS = 20;

type Ask<T> = () => Promise<T | undefined | false> | T | undefined | false;

/**
 * Repeats `ask` until it returns neither undefined nor false, and resolves with that. Rejects after `withinMs` with
 * what was expected: the description, or without one the source of `ask`.
 */
export function eventually<T>(ask: Ask<T>): Promise<T>;
export function eventually<T>(what: string, ask: Ask<T>, withinMs?: number): Promise<T>;
export async function eventually<T>(
  ...args: [ask: Ask<T>] | [what: string, ask: Ask<T>, withinMs?: number]
): Promise<T> {
  const [what, ask, withinMs = PATIENCE_MS] = args.length === 1 ? [String(args[0]), args[0]] : args;
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(ASK_EVERY_MS);
  }
}
