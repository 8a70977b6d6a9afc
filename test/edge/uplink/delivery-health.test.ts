import test from 'ava';
import type { OutboxState } from '../../../edge/store/outbox.js';
import { DeliveryHealth } from '../../../edge/uplink/delivery-health.js';

const HOUR_MS = 3_600_000;

async function health() {
  const state = { evicted: 5, refused: 2, forgotten: 1 } as OutboxState;
  const status: { problem: string | undefined; conflicts: number } = {
    problem: undefined,
    conflicts: 0,
  };
  let now = 0;
  const delivery = new DeliveryHealth(
    { state: async () => state },
    { status: async () => status },
    () => now,
  );
  await delivery.condition();
  const reasonsAfter = async (ms: number) => {
    now += ms;
    return (await delivery.condition()).reasons;
  };
  return { state, status, reasonsAfter };
}

test('what happened before the start is no reason', async (t) => {
  const { reasonsAfter } = await health();
  t.deepEqual(await reasonsAfter(60_000), []);
});

test('an eviction is a reason for an hour after the last one, with the number of summaries', async (t) => {
  const { state, reasonsAfter } = await health();
  state.evicted += 100;
  const reason = (count: number) =>
    `${count} summaries were evicted from the outbox before the relay acknowledged them, in the last hour`;
  t.deepEqual(await reasonsAfter(60_000), [reason(100)]);
  state.evicted += 300;
  t.deepEqual(await reasonsAfter(HOUR_MS - 60_000), [reason(400)]);
  t.deepEqual(await reasonsAfter(HOUR_MS - 60_000), [reason(400)]);
  t.deepEqual(await reasonsAfter(60_000), []);
  state.evicted += 1;
  t.regex((await reasonsAfter(60_000))?.[0] ?? '', /^1 summary was evicted/);
});

test('refusals, losses and conflicts are reasons too, beside what is wrong with the relay', async (t) => {
  const { state, status, reasonsAfter } = await health();
  state.refused += 1;
  state.forgotten += 30;
  status.conflicts = 1;
  status.problem = 'the relay has acknowledged nothing';
  t.deepEqual(await reasonsAfter(1_000), [
    'the relay has acknowledged nothing',
    '1 summary was refused and set aside, in the last hour',
    '30 summaries were lost by the relay after their acknowledgement, and not kept here any more',
    'another appliance runs with a copy of this database',
  ]);
});
