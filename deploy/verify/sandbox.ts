import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { outputOf, succeeds } from '../../scripts/lib/command.mjs';
import { Problem } from '../../scripts/lib/problem.mjs';

const INSIDE = '--inside';

/**
 * Runs this script again in network, mount and process namespaces of its own; slirp4netns connects it to the package
 * registries. So the bridges, firewall rules, mounts and ports of its Docker daemon are separate, and are removed with it,
 * however it ends. Resolves with the exit code; with undefined in the inner run.
 */
export async function inSandbox(script: string, args: string[]): Promise<number | undefined> {
  if (args.includes(INSIDE)) {
    await once(process.stdin, 'data');
    process.stdin.destroy();
    if (!succeeds('ip', ['link', 'set', 'lo', 'up']))
      throw new Problem('ip is missing (iproute2).');
    return undefined;
  }
  if (process.getuid?.() !== 0)
    throw new Problem('verify:images needs root, because the Docker daemon does.');
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const child = spawn('unshare', [...namespaces, process.execPath, script, INSIDE, ...args], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const ended = once(child, 'exit');
  const network = spawn(
    'slirp4netns',
    [
      '--configure',
      '--mtu=1500',
      '--disable-host-loopback',
      String(await childOf(child.pid)),
      'tap0',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  network.once('error', () => child.kill('SIGKILL'));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill('SIGTERM'));
  try {
    await Promise.race([configured(network), ended]);
    child.stdin.write('go\n');
    const [code] = await ended;
    return code ?? 1;
  } finally {
    network.kill();
  }
}

/** The process that unshare forked: the first one in the new namespaces. */
async function childOf(pid: number | undefined): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    if (
      first &&
      outputOf('readlink', [`/proc/${first}/ns/net`]) !==
        outputOf('readlink', ['/proc/self/ns/net'])
    )
      return Number(first);
    await sleep(20);
  }
  throw new Problem('unshare did not make the namespaces.');
}

/** Resolves when slirp4netns reports that the interface is up. */
const configured = (network: ChildProcessByStdio<null, Readable, Readable>): Promise<void> =>
  new Promise((resolve) => {
    let output = '';
    for (const stream of [network.stdout, network.stderr])
      stream.on('data', (text) => {
        output += text;
        if (/tap0|received tapfd/.test(output)) resolve();
      });
  });
