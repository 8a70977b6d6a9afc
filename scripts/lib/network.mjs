import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from './problem.mjs';

/**
 * Throws a Problem if this process cannot listen on the port.
 * @param {number} port
 * @param {string} owner What needs the port.
 * @param {string} option The option of `npm start` that chooses another one.
 * @returns {Promise<void>}
 */
export function requireFreePort(port, owner, option) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ { code }) =>
      reject(
        new Problem(
          code === 'EADDRINUSE'
            ? `Port ${port} is in use, but the ${owner} needs it. Stop the program that uses it, or choose another port: npm start -- ${option} PORT`
            : `The ${owner} may not listen on port ${port} (${code}). Choose another port: npm start -- ${option} PORT`,
        ),
      ),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
  });
}

/**
 * Polls the address until it answers 200: `ready`, or `late` after the given time.
 * @param {string} url
 * @returns {Promise<'ready' | 'late'>}
 */
export async function untilReady(url, timeoutMs = 60_000) {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return 'ready';
    await sleep(200);
  }
  return 'late';
}
