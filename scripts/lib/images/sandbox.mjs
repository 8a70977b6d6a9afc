import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { outputOf, succeeds } from '../command.mjs';
import { Problem } from '../problem.mjs';

const INSIDE = '--inside';

/**
 * Runs this script once more in a network, mount and process namespace of its own, with a way out to the package
 * registries by slirp4netns. So its Docker daemon's bridges, firewall rules, mounts and ports are nobody else's, and are
 * gone with it, however it ends. Resolves with the exit code; undefined where this is the inner one.
 */
export async function inSandbox(script, args) {
  if (args.includes(INSIDE)) {
    await once(process.stdin, 'data');
    process.stdin.destroy();
    if (!succeeds('ip', ['link', 'set', 'lo', 'up']))
      throw new Problem('ip is missing (iproute2).');
    return undefined;
  }
  if (process.getuid() !== 0) throw new Problem('This needs root, as the Docker daemon does.');
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
async function childOf(pid) {
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
  throw new Problem('unshare made no namespace.');
}

/** slirp4netns says so when the interface is up. */
const configured = (network) =>
  new Promise((resolve) => {
    let said = '';
    for (const stream of [network.stdout, network.stderr])
      stream.on('data', (text) => {
        said += text;
        if (/tap0|received tapfd/.test(said)) resolve();
      });
  });
