import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import { eventually } from './eventually.js';

export interface Line {
  topic: string;
  payload: string;
  retained: boolean;
}

/** `mosquitto_sub` on everything: a dashboard that is not of our making. */
export async function mosquittoSub(t: ExecutionContext, url: string, args: string[] = []) {
  const { hostname, port } = new URL(url);
  const filters = ['-t', 'siteglass/#', '-t', 'homeassistant/#'];
  const format = ['-F', '%r\t%t\t%p'];
  const child = spawn('mosquitto_sub', [
    '-h',
    hostname,
    '-p',
    port,
    '-q',
    '1',
    ...filters,
    ...format,
    ...args,
  ]);
  t.teardown(() => child.kill('SIGKILL'));
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [retained, topic = '', payload = ''] = line.split('\t');
    lines.push({ topic, payload, retained: retained === '1' });
  });
  const of = (topic: string) => lines.filter((line) => line.topic === topic);
  return {
    lines,
    of,
    /** Resolves with the newest message of a topic that fits. */
    sees: (topic: string, fits: (payload: string) => boolean = () => true) =>
      eventually(topic, () => of(topic).findLast(({ payload }) => fits(payload))),
    /** The same, of what was published since this subscription: an earlier program may have left retained messages. */
    seesNew: (topic: string, fits: (payload: string) => boolean = () => true) =>
      eventually(topic, () =>
        of(topic).findLast(({ payload, retained }) => !retained && fits(payload)),
      ),
  };
}
