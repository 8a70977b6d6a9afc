import { readOptions } from './options.mjs';
import { Problem } from './problem.mjs';

/** @import { DemoOptions } from './demo.mjs' */

/**
 * Reads the options of `npm start` and `npm run dev` from the command line.
 * @param {'start' | 'dev'} name The npm script.
 * @returns {DemoOptions}
 */
export function readDemoOptions(name) {
  const text = /** @type {const} */ ({ type: 'string' });
  const values = readOptions(name, {
    'edge-port': text,
    'relay-port': text,
    'mqtt-port': text,
    data: text,
  });
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
