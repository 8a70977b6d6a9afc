import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { banner } from './banner.mjs';
import { requireFreePort, untilReady } from './network.mjs';
import { Problem } from './problem.mjs';
import { ServiceProcess } from './service-process.mjs';

/** @import { Ended, Service } from './service-process.mjs' */

/**
 * What the command line of `npm start` says; scripts/demo/*.yaml has the rest.
 * @typedef {object} DemoOptions
 * @property {number} [edgePort]
 * @property {number} [relayPort]
 * @property {number} [mqttPort]
 * @property {string} [data] The folder for the data of both programs.
 */

/** @typedef {Service & { url: string, needsToken: boolean, data: string }} DemoService */

/** @typedef {{ ports: { port: number, owner: string, option: string }[], mqttPort: number, relay: DemoService, edge: DemoService }} Demo */

/** @typedef {Ended | { signal: string } | 'rebuilt'} End Why the demo stopped. */

/**
 * Runs the relay and the appliance until a signal comes or one of them ends, then stops both. With `nextBuild`, which
 * resolves at the next build without errors, it restarts both after each build instead of ending with them.
 * @param {string} root
 * @param {DemoOptions} options
 * @param {() => Promise<'rebuilt'>} [nextBuild]
 * @returns {Promise<number>} The exit code.
 */
export async function runDemo(root, options, nextBuild) {
  const demo = plan(root, options);
  for (const { port, owner, option } of demo.ports) await requireFreePort(port, owner, option);
  const signal = firstSignal();
  for (;;) {
    const interrupts = nextBuild ? [signal, nextBuild()] : [signal];
    let end = await runOnce(demo, root, interrupts);
    if (nextBuild && typeof end === 'object' && 'how' in end) {
      console.log(`The ${end.title} ended (${end.how}); the demo restarts after the next build.`);
      end = await Promise.race(interrupts);
    }
    if (end === 'rebuilt') {
      console.log('\nRebuilt; restarting the demo.');
      continue;
    }
    if ('signal' in end) {
      console.log('\nStopping.');
      return 0;
    }
    throw new Problem(`The ${end.title} ended (${end.how}), so the demo stops; see above.`);
  }
}

/**
 * Starts both programs, waits for the first reason to stop, and stops them.
 * @param {Demo} demo
 * @param {string} root
 * @param {Promise<End>[]} interrupts
 * @returns {Promise<End>}
 */
async function runOnce(demo, root, interrupts) {
  /** @type {ServiceProcess[]} */
  const started = [];
  try {
    for (const service of [demo.relay, demo.edge]) {
      const process = new ServiceProcess(service, root);
      started.push(process);
      process.start();
      const ready = untilReady(`${service.url}/readyz`);
      const state = await Promise.race([ready, process.ended, ...interrupts]);
      if (state === 'late') throw new Problem(`The ${service.title} was not ready in time.`);
      if (state !== 'ready') return state;
    }
    console.log(banner(demo));
    return await Promise.race([...interrupts, ...started.map((process) => process.ended)]);
  } finally {
    // The appliance first: it still has to report to the broker that it stops.
    for (const process of started.reverse()) await process.stop();
  }
}

/**
 * The two programs and their ports: the configuration files, overridden by the command line.
 * @param {string} root
 * @param {DemoOptions} options
 * @returns {Demo}
 */
function plan(root, { edgePort, relayPort, mqttPort, data }) {
  const edgeFile = join(root, 'scripts', 'demo', 'edge.yaml');
  const relayFile = join(root, 'scripts', 'demo', 'relay.yaml');
  const edge = parse(readFileSync(edgeFile, 'utf8'));
  const relay = parse(readFileSync(relayFile, 'utf8'));
  const ports = {
    edge: edgePort ?? edge.http.port,
    relay: relayPort ?? relay.http.port,
    mqtt: mqttPort ?? relay.mqtt.embedded.port,
  };
  /**
   * @param {string} name
   * @param {string} configured
   */
  const folder = (name, configured) => (data === undefined ? configured : resolve(data, name));
  const edgeData = folder('edge', edge.dataFolder);
  const relayData = folder('relay', relay.dataFolder);
  return {
    mqttPort: ports.mqtt,
    ports: [
      { port: ports.relay, owner: 'relay', option: '--relay-port' },
      { port: ports.mqtt, owner: 'MQTT broker', option: '--mqtt-port' },
      { port: ports.edge, owner: 'appliance', option: '--edge-port' },
    ],
    relay: {
      title: 'relay',
      prefix: 'relay |',
      program: 'dist/cloud-relay/main.js',
      config: relayFile,
      settings: {
        'http.port': ports.relay,
        'mqtt.embedded.port': ports.mqtt,
        dataFolder: relayData,
      },
      url: `http://127.0.0.1:${ports.relay}`,
      needsToken: true,
      data: relayData,
    },
    edge: {
      title: 'appliance',
      prefix: 'edge  |',
      program: 'dist/edge/main.js',
      config: edgeFile,
      settings: {
        'http.port': ports.edge,
        'mqtt.url': `mqtt://127.0.0.1:${ports.mqtt}`,
        dataFolder: edgeData,
      },
      url: `http://127.0.0.1:${ports.edge}`,
      needsToken: edge.http.auth !== 'none',
      data: edgeData,
    },
  };
}

/**
 * Later signals are ignored: npm forwards the one that the terminal has already sent.
 * @returns {Promise<{ signal: string }>}
 */
function firstSignal() {
  return new Promise((done) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
      process.on(name, () => done({ signal: name }));
  });
}
