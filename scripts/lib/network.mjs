import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from './problem.mjs';

/** Throws a Problem where something listens on the port already. */
export function requireFreePort(port, owner, option) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', ({ code }) =>
      reject(
        new Problem(
          code === 'EADDRINUSE'
            ? `Port ${port}, which the ${owner} needs, is in use; end what uses it, or choose another with: npm start -- ${option} PORT`
            : `The ${owner} may not listen on port ${port} (${code}); choose another with: npm start -- ${option} PORT`,
        ),
      ),
    );
    server.listen(port, '127.0.0.1', () => server.close(resolve));
  });
}

/** Asks again and again until the address answers 200: `ready`, or `late` after the time given. */
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
