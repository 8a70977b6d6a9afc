import test from 'ava';
import pino from 'pino';
import { silentLogger } from '../../../core/runtime/logger.js';
import { TypedEvents } from '../../../core/runtime/typed-events.js';

interface Events {
  counted: number;
  named: string;
}

test('listeners hear their own event only, in the order of their subscription', (t) => {
  const events = new TypedEvents<Events>(silentLogger());
  const heard: string[] = [];
  events.on('counted', (count) => heard.push(`first ${count}`));
  events.on('counted', (count) => heard.push(`second ${count}`));
  events.on('named', (name) => heard.push(name));
  events.emit('counted', 7);
  t.deepEqual(heard, ['first 7', 'second 7']);
});

test('a listener that throws is logged, and stops neither the others nor the emitter', (t) => {
  const lines: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
  const events = new TypedEvents<Events>(log);
  let heard = 0;
  events.on('counted', () => {
    throw new Error('broken listener');
  });
  events.on('counted', (count) => {
    heard = count;
  });
  t.notThrows(() => events.emit('counted', 3));
  t.is(heard, 3);
  t.is(lines.length, 1);
  t.like(JSON.parse(lines[0] ?? ''), { event: 'counted', error: 'broken listener' });
});
