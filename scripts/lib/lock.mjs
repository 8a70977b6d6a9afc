import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from './problem.mjs';

/**
 * Keeps two set-ups of the same folder apart, for example `npm start` while `npm test` compiles. The lock is a Linux
 * abstract socket: the kernel releases it when its process ends, so no stale lock remains.
 * @param {string} folder
 * @param {{ waitMs?: number, onWait?: () => void }} options
 * @returns {Promise<() => void>} The function that releases it.
 */
export async function takeLock(folder, { waitMs = 30 * 60_000, onWait = () => {} } = {}) {
  if (process.platform !== 'linux') return () => {};
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 32);
  const deadline = Date.now() + waitMs;
  for (let waited = false; ; waited = true) {
    const server = await listen(`\0siteglass-setup-${name}`);
    if (server)
      return () => {
        server.close();
      };
    if (Date.now() >= deadline)
      throw new Problem(`Another set-up of ${folder} does not end; stop it and try again.`);
    if (!waited) onWait();
    await sleep(Math.min(250, waitMs));
  }
}

/**
 * The listening server, or undefined if another process has the name.
 * @param {string} path
 * @returns {Promise<import('node:net').Server | undefined>}
 */
function listen(path) {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve(server.unref()));
  });
}
