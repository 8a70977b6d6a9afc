import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { banner } from './banner.mjs';
import { requireFreePort, untilReady } from './network.mjs';
import { Problem } from './problem.mjs';
import { ServiceProcess } from './service-process.mjs';

/**
 * Runs the relay and the appliance until a signal comes or one of them ends, then stops both.
 * Options that are not given are as scripts/demo/*.yaml says. Returns the exit code.
 */
export async function runDemo(root, options) {
  const demo = plan(root, options);
  for (const { port, owner, option } of demo.ports) await requireFreePort(port, owner, option);
  const signal = firstSignal();
  const started = [];
  try {
    for (const service of [demo.relay, demo.edge]) {
      const process = new ServiceProcess(service, root);
      started.push(process);
      process.start();
      const ready = await Promise.race([
        untilReady(`${service.url}/readyz`),
        process.ended,
        signal,
      ]);
      if (ready === 'late') throw new Problem(`The ${service.title} did not get ready in time.`);
      if (ready !== 'ready') return outcome(ready);
    }
    console.log(banner(demo));
    return outcome(await Promise.race([signal, ...started.map((process) => process.ended)]));
  } finally {
    // The appliance first, so that it can still tell the broker that it stops.
    for (const process of started.reverse()) await process.stop();
  }
}

/** What runs where: the configuration files with the command line's options put over them. */
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

/** Later signals are not taken as haste: npm passes on the one that the terminal sent already. */
function firstSignal() {
  return new Promise((done) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
      process.on(name, () => done({ signal: name }));
  });
}

function outcome(end) {
  if (end.signal) {
    console.log('\nStopping.');
    return 0;
  }
  throw new Problem(`The ${end.title} ended by itself (${end.how}), so the demo stops; see above.`);
}
