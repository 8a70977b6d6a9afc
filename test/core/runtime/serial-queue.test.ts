import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { KeyedSerialQueue, SerialQueue } from '../../../core/runtime/serial-queue.js';

/** Work that notes when it begins and ends. */
function recorded() {
  const steps: string[] = [];
  const work =
    (name: string, ms = 5, error?: Error) =>
    async () => {
      steps.push(`${name} begins`);
      await sleep(ms);
      steps.push(`${name} ends`);
      if (error) throw error;
      return name;
    };
  return { steps, work };
}

test('work runs one item at a time in the order of the calls, also after a failure, which reaches its caller', async (t) => {
  const { steps, work } = recorded();
  const turn = new SerialQueue();
  const first = turn.run(work('a', 20, new Error('no')));
  const second = turn.run(work('b'));
  await t.throwsAsync(first, { message: 'no' });
  t.is(await second, 'b');
  t.deepEqual(steps, ['a begins', 'a ends', 'b begins', 'b ends']);
});

test('waiting for the queue ends with the last item, and never fails', async (t) => {
  const { steps, work } = recorded();
  const turn = new SerialQueue();
  await turn.ended();
  void turn.run(work('a'));
  void turn.run(work('b', 5, new Error('no'))).catch(() => undefined);
  await turn.ended();
  t.is(steps.at(-1), 'b ends');
});

test('keys do not wait for each other, and each keeps its order', async (t) => {
  const { steps, work } = recorded();
  const turns = new KeyedSerialQueue();
  const slow = [turns.run('x', work('x1', 100)), turns.run('x', work('x2'))];
  t.is(await turns.run('y', work('y1')), 'y1');
  t.is(await turns.run('y', work('y2')), 'y2');
  t.false(steps.includes('x1 ends'));
  t.deepEqual(await Promise.all(slow), ['x1', 'x2']);
  t.true(steps.indexOf('x1 ends') < steps.indexOf('x2 begins'));
});
