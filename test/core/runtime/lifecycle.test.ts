import test from 'ava';
import { Lifecycle, type Service } from '../../../core/runtime/lifecycle.js';
import { silentLogger } from '../../../core/runtime/logger.js';

function noted(notes: string[], name: string, more: Partial<Service> = {}): Service {
  return {
    name,
    start: async () => void notes.push(`start ${name}`),
    stop: async () => void notes.push(`stop ${name}`),
    ...more,
  };
}

test('services start in order and stop in reverse, once', async (t) => {
  const notes: string[] = [];
  const lifecycle = new Lifecycle([noted(notes, 'a'), noted(notes, 'b')], silentLogger());
  await lifecycle.start();
  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  t.deepEqual(notes, ['start a', 'start b', 'stop b', 'stop a']);
});

test('a failed start stops the services already started, and is reported', async (t) => {
  const notes: string[] = [];
  const broken = noted(notes, 'b', { start: () => Promise.reject(new Error('no port')) });
  const lifecycle = new Lifecycle([noted(notes, 'a'), broken, noted(notes, 'c')], silentLogger());
  await t.throwsAsync(lifecycle.start(), { message: 'no port' });
  t.deepEqual(notes, ['start a', 'stop b', 'stop a']);
});

test('a service that fails to stop, or never ends, does not keep the others running', async (t) => {
  const notes: string[] = [];
  const stuck = noted(notes, 'b', { stop: () => new Promise<void>(() => {}) });
  const broken = noted(notes, 'c', { stop: () => Promise.reject(new Error('stuck')) });
  const services = [noted(notes, 'a'), stuck, broken];
  const lifecycle = new Lifecycle(services, silentLogger(), 50);
  await lifecycle.start();
  await lifecycle.stop();
  t.true(notes.includes('stop a'));
});
