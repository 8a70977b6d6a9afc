import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from './problem.mjs';

/**
 * Keeps two set-ups of the same folder apart: `npm start` while `npm test` compiles. The lock is a Linux
 * abstract socket, which the kernel lets go with its process, so none is ever left behind.
 * Returns the function that releases it.
 */
export async function takeLock(folder, { waitMs = 30 * 60_000, onWait = () => {} } = {}) {
  if (process.platform !== 'linux') return () => {};
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 32);
  const deadline = Date.now() + waitMs;
  for (let waited = false; ; waited = true) {
    const server = await listen(`\0siteglass-setup-${name}`);
    if (server) return () => server.close();
    if (Date.now() >= deadline)
      throw new Problem(`Another set-up of ${folder} does not end; stop it and try again.`);
    if (!waited) onWait();
    await sleep(Math.min(250, waitMs));
  }
}

/** The listening server, or undefined where another process has the name. */
function listen(path) {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve(server.unref()));
  });
}
