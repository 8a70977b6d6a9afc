import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { readSecret } from '../../core/runtime/configuration.js';
import { messageOf, ProblemError } from '../../core/runtime/errors.js';
import type { DiscoverySettings } from './discovery-settings.js';
import type { FoundCamera } from './find-cameras.js';

const PROGRAM = fileURLToPath(new URL('./discovery-process.js', import.meta.url));
/** Of a device, up to five questions wait for its answer, after the probe. */
const ROUNDS = 6;
const START_MS = 10_000;

/**
 * Discovers cameras in a process of its own, so that an invalid response cannot affect the service. It has no environment
 * and no secret besides the account of the cameras. Rejects with `camera_failed`, or if `signal` aborts.
 */
export async function discoverInProcess(
  settings: DiscoverySettings,
  signal: AbortSignal,
): Promise<FoundCamera[]> {
  const input = JSON.stringify(forProcess(settings));
  const child = spawn(process.execPath, ['--max-old-space-size=128', PROGRAM], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {},
    signal,
    killSignal: 'SIGKILL',
    timeout: Math.ceil(START_MS + settings.timeoutSeconds * 1_000 * ROUNDS),
  });
  const ended = once(child, 'close');
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [output] = await Promise.all([text(child.stdout), ended]).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error;
  });
  const { cameras, error } = parsed(output);
  if (cameras) return cameras;
  throw notSearched(error ?? 'the process that searches it was ended');
}

/**
 * With the text of the password: the process has neither the environment nor the credentials of the service. Throws
 * `camera_failed` if the password cannot be read.
 */
export function forProcess({ auth, ...settings }: DiscoverySettings): DiscoverySettings {
  if (!auth) return settings;
  try {
    return { ...settings, auth: { ...auth, password: readSecret(auth.password) } };
  } catch (error) {
    throw notSearched(`the password in discovery.auth cannot be read: ${messageOf(error)}`);
  }
}

const notSearched = (reason: string) =>
  new ProblemError('camera_failed', `The network was not searched: ${reason}.`);

function parsed(output: string): { cameras?: FoundCamera[]; error?: string } {
  try {
    return JSON.parse(output);
  } catch {
    return {};
  }
}
