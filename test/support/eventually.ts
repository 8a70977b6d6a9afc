import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 30_000;

/** Asks again until there is an answer that is neither undefined nor false. Rejects when patience is at its end. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
    await delay(25);
  }
}
