import test from 'ava';
import { inSlices, type TimeSlice } from '../../../edge/store/time-slices.js';

const DAY = 86_400_000;

/** Reads with a clock that each statement moves by what it costs. */
async function slicesOf(
  span: TimeSlice,
  oldestFirst: boolean,
  costPerDay: number,
  stopAfter = 1e6,
) {
  const slices: TimeSlice[] = [];
  let clock = 0;
  await inSlices(
    span,
    oldestFirst,
    async (slice) => {
      slices.push(slice);
      clock += ((slice.to - slice.from) / DAY) * costPerDay;
      return slices.length >= stopAfter;
    },
    () => clock,
  );
  return slices;
}

test('slices cover the whole time once, in either order', async (t) => {
  for (const oldestFirst of [false, true]) {
    const slices = await slicesOf({ from: 3 * DAY, to: 400 * DAY + 7 }, oldestFirst, 1);
    const ordered = oldestFirst ? slices : slices.reverse();
    t.is(ordered[0]?.from, 3 * DAY);
    t.is(ordered.at(-1)?.to, 400 * DAY + 7);
    t.true(ordered.every(({ from }, i) => i === 0 || from === ordered[i - 1]?.to));
  }
  t.deepEqual(await slicesOf({ from: 5, to: 5 }, false, 1), []);
});

test('where there is much to read, no statement takes long; where there is little, there are few', async (t) => {
  const dense = await slicesOf({ from: 0, to: 365 * DAY }, false, 8);
  t.true(dense.every(({ from, to }) => ((to - from) / DAY) * 8 <= 40));
  t.true((await slicesOf({ from: 0, to: 20_000 * DAY }, false, 0)).length < 200);
  t.is((await slicesOf({ from: 0, to: 365 * DAY }, false, 8, 3)).length, 3);
});
