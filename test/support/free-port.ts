import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range from which the system takes ports by itself, so that no other socket comes upon one meanwhile. */
const LOWEST = 18_000;
const HIGHEST = 32_000;
const ATTEMPTS = 100;

/** A loopback port on which nothing listens, for a server that cannot choose one itself. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${LOWEST} to ${HIGHEST} is free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
