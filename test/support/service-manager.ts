import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import type { Notice } from '../../core/runtime/notifier.js';
import { projectRoot } from '../../core/runtime/project-root.js';
import { eventually } from './eventually.js';
import { temporaryFolder } from './temporary-folder.js';

/** Stands where systemd does: a datagram socket that services tell how they are. */
export interface ServiceManager {
  /** What a service finds in its environment. */
  environment: Record<string, string>;
  /** All that was told so far. */
  notices: Notice[];
  /** Resolves when something has been told, counted from `since`. */
  told(fits: (notice: Notice) => boolean, since?: number): Promise<Notice>;
}

/** `watchdogMs` is how long it waits for a sign of life. */
export async function startServiceManager(
  t: ExecutionContext,
  watchdogMs?: number,
): Promise<ServiceManager> {
  const socket = join(await temporaryFolder(), 'notify');
  const script = join(projectRoot(), 'test', 'support', 'service-manager.py');
  const child = spawn('python3', [script, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill());
  const notices: Notice[] = [];
  let isListening = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (isListening) notices.push(JSON.parse(line) as Notice);
    isListening = true;
  });
  await eventually('the service manager listens', () => isListening);
  return {
    environment: {
      NOTIFY_SOCKET: socket,
      ...(watchdogMs !== undefined && { WATCHDOG_USEC: String(watchdogMs * 1_000) }),
    },
    notices,
    told: (fits, since = 0) =>
      eventually('the service manager was told', () => notices.slice(since).find(fits)),
  };
}
