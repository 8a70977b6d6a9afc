import test from 'ava';
import { CircuitBreaker } from '../../../../edge/cameras/schedule/circuit-breaker.js';

test('two consecutive failures do not open the circuit', (t) => {
  const breaker = new CircuitBreaker();
  breaker.recordFailure(1000);
  breaker.recordFailure(1000);
  t.false(breaker.isTripped);
  t.is(breaker.probeAt, 0);
});

test('after three failures the pauses double from 5 s up to 60 s', (t) => {
  const breaker = new CircuitBreaker();
  const pauses: number[] = [];
  for (let failure = 1; failure <= 100; failure++) {
    breaker.recordFailure(0);
    pauses.push(breaker.probeAt);
  }
  t.deepEqual(pauses.slice(0, 8), [0, 0, 5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  t.is(pauses.at(-1), 60_000);
});

test('one success closes the circuit', (t) => {
  const breaker = new CircuitBreaker();
  for (let failure = 1; failure <= 5; failure++) breaker.recordFailure(0);
  breaker.recordSuccess();
  t.false(breaker.isTripped);
  t.is(breaker.failures, 0);
  t.is(breaker.probeAt, 0);
});
