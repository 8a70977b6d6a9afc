import { text } from 'node:stream/consumers';
import { messageOf } from '../../core/runtime/errors.js';
import { discoverySettings } from './discovery-settings.js';
import { findCameras } from './find-cameras.js';

/** Reads settings from the standard input, and writes what was found. */
async function result(): Promise<string> {
  try {
    const settings = discoverySettings.parse(JSON.parse(await text(process.stdin)));
    return JSON.stringify({ cameras: await findCameras(settings) });
  } catch (error) {
    return JSON.stringify({ error: messageOf(error) });
  }
}

const output = await result();
process.stdout.write(output, () => process.exit(0));
