import { parseArgs } from 'node:util';
import { Problem } from './problem.mjs';

/** @import { DemoOptions } from './demo.mjs' */

const OPTIONS = '[--edge-port 8080] [--relay-port 8090] [--mqtt-port 1883] [--data FOLDER]';

/**
 * Reads the options of `npm start` and `npm run dev` from the command line.
 * @param {string} command The command that the usage line shows.
 * @returns {DemoOptions}
 */
export function readDemoOptions(command) {
  let values;
  try {
    const text = /** @type {const} */ ({ type: 'string' });
    ({ values } = parseArgs({
      options: { 'edge-port': text, 'relay-port': text, 'mqtt-port': text, data: text },
    }));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Problem(`${error.message}\nUsage: ${command} -- ${OPTIONS}`);
  }
  return {
    edgePort: portOf('edge-port', values['edge-port']),
    relayPort: portOf('relay-port', values['relay-port']),
    mqttPort: portOf('mqtt-port', values['mqtt-port']),
    data: values.data,
  };
}

/**
 * @param {string} option
 * @param {string | undefined} value
 */
function portOf(option, value) {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (!(Number.isInteger(port) && port > 0 && port < 65_536))
    throw new Problem(`--${option} takes a port from 1 to 65535, not ${value}`);
  return port;
}
