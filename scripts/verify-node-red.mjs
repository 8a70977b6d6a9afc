// Loads docs/examples/node-red-flow.json in a real Node-RED, and waits for what it says when an object appears before a
// sample camera. Node-RED (98 MB with what it needs) is installed into var/node-red/, not among the project's packages.
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { Problem, runMain } from './lib/problem.mjs';
import { projectRoot, setUp } from './lib/set-up.mjs';

const NODE_RED = 'node-red@4.1.8';
const PATIENCE_MS = 60_000;

await runMain(async () => {
  await setUp('test');
  const nodeRed = install();
  const folder = mkdtempSync(join(tmpdir(), 'siteglass-node-red-'));
  const children = [];
  try {
    const port = await freePort();
    children.push(startAppliance(folder, port));
    const client = await connect(port);
    children.push({ kill: () => client.end(true) });
    children.push(await startNodeRed(nodeRed, folder, port));
    console.log(`Node-RED said: ${await announcement(client)}`);
    return 0;
  } finally {
    for (const child of children.reverse()) child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Answers the path of Node-RED's program. */
function install() {
  const folder = join(projectRoot, 'var', 'node-red');
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
    throw new Problem(`${NODE_RED} could not be installed; is the npm registry in reach?`);
  return program;
}

/** An appliance with the embedded broker and a camera that goes round the samples with a sign in one place. */
function startAppliance(folder, port) {
  const pictures = join(folder, 'street');
  mkdirSync(pictures);
  copyFileSync(join(projectRoot, 'samples', '1-empty-street.jpg'), join(pictures, '1.jpg'));
  for (let i = 2; i < 5; i++)
    copyFileSync(join(projectRoot, 'samples', '3-sign-near.jpg'), join(pictures, `${i}.jpg`));
  for (let i = 5; i < 8; i++)
    copyFileSync(join(projectRoot, 'samples', '1-empty-street.jpg'), join(pictures, `${i}.jpg`));
  const settings = [
    `dataFolder=${join(folder, 'data')}`,
    'site=demo',
    'http.port=0',
    'detection.workers=1',
    `lan={ embedded: { port: ${port}, auth: none } }`,
    `cameras=[{ id: street, kind: folder, path: ${pictures}, loop: true, schedule: "* * * * * *" }]`,
  ];
  const args = settings.flatMap((setting) => ['--set', setting]);
  const program = join(projectRoot, 'dist', 'edge', 'main.js');
  return spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function connect(port) {
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 200 });
  client.on('error', () => {});
  await within(
    'the appliance has no broker',
    new Promise((resolve) => client.once('connect', resolve)),
  );
  await client.subscribeAsync('wall/announcement', { qos: 1 });
  return client;
}

/** Starts Node-RED with the flow as it stands in docs/, but for the broker's port. */
async function startNodeRed(program, folder, port) {
  const user = join(folder, 'node-red');
  mkdirSync(user);
  const flow = JSON.parse(
    readFileSync(join(projectRoot, 'docs', 'examples', 'node-red-flow.json'), 'utf8'),
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
    new Promise((resolve, reject) => {
      let said = '';
      child.stdout.on('data', (text) => {
        said += text;
        if (said.includes('Connected to broker')) resolve();
      });
      child.once('exit', () => reject(new Problem(`Node-RED ended:\n${said}`)));
    }),
  );
  return child;
}

function announcement(client) {
  return within(
    'Node-RED said nothing of what appeared',
    new Promise((resolve) => {
      client.on('message', (_topic, payload) => {
        if (payload.toString() === 'appeared: stop sign at street') resolve(payload.toString());
      });
    }),
  );
}

async function within(otherwise, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Problem(`${otherwise} within ${PATIENCE_MS / 1000} s.`)),
      PATIENCE_MS,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
