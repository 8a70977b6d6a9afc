// Sets up, builds and runs the demo: a relay with its MQTT broker, and an appliance with a sample camera.
import { parseArgs } from 'node:util';
import { Problem, runMain } from './lib/problem.mjs';
import { projectRoot, setUp } from './lib/set-up.mjs';

const USAGE =
  'npm start -- [--edge-port 8080] [--relay-port 8090] [--mqtt-port 1883] [--data FOLDER]';

await runMain(async () => {
  const options = readOptions();
  await setUp('start');
  // Loaded only now, since it stands on packages that the set-up installs.
  const { runDemo } = await import('./lib/demo.mjs');
  return runDemo(projectRoot, options);
});

function readOptions() {
  let values;
  try {
    const text = { type: 'string' };
    ({ values } = parseArgs({
      options: { 'edge-port': text, 'relay-port': text, 'mqtt-port': text, data: text },
    }));
  } catch (error) {
    throw new Problem(`${error.message}\nUsage: ${USAGE}`);
  }
  const port = (name) => {
    const number = values[name] === undefined ? undefined : Number(values[name]);
    if (number !== undefined && !(Number.isInteger(number) && number > 0 && number < 65_536))
      throw new Problem(`--${name} takes a port from 1 to 65535, not ${values[name]}`);
    return number;
  };
  return {
    edgePort: port('edge-port'),
    relayPort: port('relay-port'),
    mqttPort: port('mqtt-port'),
    data: values.data,
  };
}
