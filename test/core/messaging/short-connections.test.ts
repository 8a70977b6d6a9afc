import test from 'ava';
import { ShortConnections } from '../../../core/messaging/short-connections.js';

const seconds = (n: number) => n * 1_000;

test('three connections that end immediately within a minute are suspicious', (t) => {
  const short = new ShortConnections();
  t.false(short.ended(seconds(0), seconds(2)));
  t.false(short.ended(seconds(10), seconds(12)));
  t.true(short.ended(seconds(20), seconds(22)));
  t.true(short.ended(seconds(30), seconds(45)), 'one that held in between changes nothing');
  t.false(short.ended(seconds(60), seconds(75)), 'but time does');
});

test('connections that last, or end occasionally, are not suspicious', (t) => {
  const short = new ShortConnections();
  for (let i = 0; i < 5; i++) t.false(short.ended(seconds(20 * i), seconds(20 * i + 11)));
  for (let i = 10; i < 15; i++) t.false(short.ended(seconds(40 * i), seconds(40 * i + 1)));
});
