import test from 'ava';
import { Allowances } from '../../../core/runtime/allowances.js';

test('what is used up comes back evenly, and a debt has to be paid first', (t) => {
  let now = 0;
  const allowances = new Allowances({ amount: 60, periodMs: 60_000, now: () => now });
  t.is(allowances.waitFor('a'), undefined);
  allowances.spend('a', 59);
  t.is(allowances.waitFor('a'), undefined);
  t.is(allowances.waitFor('a', 2), 1);
  allowances.spend('a', 31);
  t.is(allowances.waitFor('a'), 30);
  t.is(allowances.waitFor('b'), undefined, 'nobody else waits');
  now += 29_000;
  t.is(allowances.waitFor('a'), 1);
  now += 2_000;
  t.is(allowances.waitFor('a'), undefined);
  now += 1e9;
  t.is(allowances.waitFor('a', 60), undefined);
  t.not(allowances.waitFor('a', 61), undefined);
});

test('what is given back can be spent again', (t) => {
  const allowances = new Allowances({ amount: 10, periodMs: 1_000, now: () => 0 });
  allowances.spend('a', 10);
  allowances.spend('a', -4);
  t.is(allowances.waitFor('a', 4), undefined);
  allowances.spend('a', -100);
  t.not(allowances.waitFor('a', 11), undefined, 'not more than there was');
});

test('of very many, those that owe the most are remembered', (t) => {
  const allowances = new Allowances({ amount: 10, periodMs: 1_000, now: () => 0 });
  allowances.spend('debtor', 1_000);
  for (let i = 0; i < 50_000; i++) allowances.spend(`${i}`, 1);
  t.not(allowances.waitFor('debtor'), undefined);
});
