import test from 'ava';
import type { JobOrigin } from '../../../core/detection/detection.js';
import { PendingTurns } from '../../../core/images/pending-turns.js';

const client = (id: string): JobOrigin => ({ kind: 'client', id });

test('clients have turns, however many images each of them has', (t) => {
  const turns = new PendingTurns();
  for (let i = 0; i < 100; i++) turns.add(`flood ${i}`, client('flood'));
  for (const id of ['one', 'two']) turns.add(id, client(id));
  t.is(turns.countOf(client('flood')), 100);
  const clients: string[] = [];
  const order = Array.from({ length: 4 }, () => {
    const image = turns.next() ?? '';
    clients.push(turns.clientOf(image).id);
    turns.end(image);
    return image;
  });
  t.deepEqual(order, ['flood 0', 'one', 'two', 'flood 1']);
  t.is(turns.countOf(client('flood')), 98);
  t.deepEqual(clients, ['flood', 'one', 'two', 'flood']);
  t.is(turns.clientOf('one').kind, 'service');
});
