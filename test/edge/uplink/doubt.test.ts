import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { Doubt } from '../../../edge/uplink/doubt.js';

const ASKED_MS = 310;

function doubt() {
  let asked = 0;
  const doubted = new Doubt(() => asked++);
  return { doubted, asked: () => asked };
}

test('an answer is believed once it was given to two questions', async (t) => {
  const { doubted, asked } = doubt();
  t.false(doubted.confirms(200));
  t.false(doubted.confirms(200), 'it was under way before the question');
  await sleep(ASKED_MS);
  t.is(asked(), 1);
  t.false(doubted.confirms(200));
  await sleep(ASKED_MS);
  t.is(asked(), 2);
  t.true(doubted.confirms(210));
});

test('another answer in between ends the doubt', async (t) => {
  const { doubted } = doubt();
  t.false(doubted.confirms(200));
  await sleep(ASKED_MS);
  t.false(doubted.confirms(200));
  doubted.clear();
  await sleep(ASKED_MS);
  t.false(doubted.confirms(200));
});

test('answers that contradict each other are not believed', async (t) => {
  const { doubted } = doubt();
  t.false(doubted.confirms(3));
  await sleep(ASKED_MS);
  t.false(doubted.confirms(7));
  await sleep(ASKED_MS);
  t.false(doubted.confirms(5));
  await sleep(ASKED_MS);
  t.false(doubted.confirms(6));
});
