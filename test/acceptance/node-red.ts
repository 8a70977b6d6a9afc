import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { projectRoot } from '../../core/runtime/project-root.js';
import { Problem, runMain } from '../../scripts/lib/problem.mjs';
import { freePort } from '../support/free-port.js';

/**
 * Loads docs/examples/node-red-flow.json in a real Node-RED, and waits for its announcement of an object that a sample
 * camera shows. Node-RED (98 MB with its dependencies) is installed into var/node-red/, not with the project's packages.
 */

const NODE_RED = 'node-red@4.1.8';
const DEADLINE_MS = 60_000;

await runMain(async () => {
  const nodeRed = install();
  const folder = mkdtempSync(join(tmpdir(), 'siteglass-node-red-'));
  const running: { kill(signal: 'SIGTERM'): unknown }[] = [];
  try {
    const port = await freePort();
    running.push(startAppliance(folder, port));
    const client = await connect(port);
    running.push({ kill: () => client.end(true) });
    running.push(await startNodeRed(nodeRed, folder, port));
    console.log(`Node-RED announced: ${await announcement(client)}`);
    return 0;
  } finally {
    for (const started of running.reverse()) started.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Returns the path of Node-RED's program. */
function install(): string {
  const folder = join(projectRoot(), 'var', 'node-red');
  const program = join(folder, 'node_modules', 'node-red', 'red.js');
  if (existsSync(program)) return program;
  console.log(`Installing ${NODE_RED} into var/node-red/ …`);
  mkdirSync(folder, { recursive: true });
  const args = [
    'install',
    '--prefix',
    folder,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    NODE_RED,
  ];
  const { status } = spawnSync('npm', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0)
    throw new Problem(`${NODE_RED} cannot be installed; check the connection to the npm registry.`);
  return program;
}

/** An appliance with the embedded broker and a camera that shows a sign some of the time. */
function startAppliance(folder: string, port: number): ChildProcess {
  const samples = join(projectRoot(), 'samples');
  const images = join(folder, 'street');
  mkdirSync(images);
  copyFileSync(join(samples, '1-empty-street.jpg'), join(images, '1.jpg'));
  for (let i = 2; i < 5; i++)
    copyFileSync(join(samples, '3-sign-near.jpg'), join(images, `${i}.jpg`));
  for (let i = 5; i < 8; i++)
    copyFileSync(join(samples, '1-empty-street.jpg'), join(images, `${i}.jpg`));
  const settings = [
    `dataFolder=${join(folder, 'data')}`,
    'site=demo',
    'http.port=0',
    'detection.workers=1',
    `lan={ embedded: { port: ${port}, auth: none } }`,
    `cameras=[{ id: street, kind: folder, path: ${images}, loop: true, schedule: "* * * * * *" }]`,
  ];
  const args = settings.flatMap((setting) => ['--set', setting]);
  const program = join(projectRoot(), 'dist', 'edge', 'main.js');
  return spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function connect(port: number): Promise<MqttClient> {
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 200 });
  client.on('error', () => undefined);
  await within(
    'the appliance’s broker did not accept a connection',
    new Promise((resolve) => client.once('connect', resolve)),
  );
  await client.subscribeAsync('wall/announcement', { qos: 1 });
  return client;
}

/** Starts Node-RED with the flow of docs/; only the broker's address is replaced. */
async function startNodeRed(program: string, folder: string, port: number): Promise<ChildProcess> {
  const user = join(folder, 'node-red');
  mkdirSync(user);
  const flow: { type: string }[] = JSON.parse(
    readFileSync(join(projectRoot(), 'docs', 'examples', 'node-red-flow.json'), 'utf8'),
  );
  const set = flow.map((node) =>
    node.type === 'mqtt-broker' ? { ...node, broker: '127.0.0.1', port: String(port) } : node,
  );
  writeFileSync(join(user, 'flows.json'), JSON.stringify(set));
  const settings = {
    flowFile: 'flows.json',
    uiHost: '127.0.0.1',
    uiPort: await freePort(),
    logging: { console: { level: 'info' } },
    telemetry: { enabled: false },
  };
  writeFileSync(join(user, 'settings.js'), `module.exports = ${JSON.stringify(settings)};\n`);
  const args = [program, '--userDir', user, '--settings', join(user, 'settings.js')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await within(
    'Node-RED did not start its flows',
    new Promise<void>((resolve, reject) => {
      let output = '';
      child.stdout.on('data', (text) => {
        output += text;
        if (output.includes('Connected to broker')) resolve();
      });
      child.once('exit', () => reject(new Problem(`Node-RED ended:\n${output}`)));
    }),
  );
  return child;
}

function announcement(client: MqttClient): Promise<string> {
  return within(
    'Node-RED did not announce the object',
    new Promise((resolve) => {
      client.on('message', (_topic, payload) => {
        if (payload.toString() === 'appeared: stop sign at street') resolve(payload.toString());
      });
    }),
  );
}

async function within<T>(otherwise: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Problem(`${otherwise} within ${DEADLINE_MS / 1000} s.`)),
      DEADLINE_MS,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
