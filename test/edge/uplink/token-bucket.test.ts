import test from 'ava';
import fc from 'fast-check';
import { TokenBucket } from '../../../edge/uplink/token-bucket.js';

test('over any time no more goes than the rate and one burst', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.array(fc.nat(50), { minLength: 1, maxLength: 200 }),
      (perSecond, steps) => {
        const bucket = new TokenBucket(perSecond);
        let now = 1_000;
        let gone = 0;
        for (const step of steps) {
          now += step;
          const count = bucket.available(now);
          bucket.take(count);
          gone += count;
        }
        const allowed = ((now - 1_000) * perSecond) / 1000 + Math.max(1, perSecond / 10);
        return gone <= allowed + 1e-6;
      },
    ),
  );
  const bucket = new TokenBucket(100);
  t.is(bucket.available(0), 10);
  bucket.take(10);
  t.is(bucket.available(0), 0);
  const waitMs = bucket.waitMs();
  t.true(waitMs > 0);
  t.true(bucket.available(waitMs) >= 2);
});

test('without a rate limit everything may go', (t) => {
  const bucket = new TokenBucket(Number.POSITIVE_INFINITY);
  bucket.take(1_000_000);
  t.is(bucket.available(0), Number.POSITIVE_INFINITY);
});
