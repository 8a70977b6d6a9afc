import test from 'ava';
import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { PacketMeter } from '../../../core/messaging/packet-meter.js';

const publish = (bytes: number) =>
  generate({
    cmd: 'publish',
    topic: 't',
    payload: Buffer.alloc(bytes, 0xff),
    qos: 0,
    retain: false,
    dup: false,
  });

const LIMIT = 20_000;

function accepted(stream: Buffer, cuts: number[]): boolean {
  const meter = new PacketMeter(LIMIT);
  let from = 0;
  for (const cut of [...cuts.map((c) => c % (stream.length + 1)), stream.length].sort(
    (a, b) => a - b,
  )) {
    if (!meter.accept(stream.subarray(from, cut))) return false;
    from = cut;
  }
  return true;
}

test('packets within the limit pass, and a larger one is detected, however the stream is split', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(LIMIT - 3), { minLength: 1, maxLength: 6 }),
      fc.nat(5),
      fc.array(fc.nat(200_000), { maxLength: 12 }),
      (sizes, at, cuts) => {
        const good = Buffer.concat(sizes.map(publish));
        const bad = Buffer.concat(
          [...sizes.slice(0, at), LIMIT + 1, ...sizes.slice(at)].map(publish),
        );
        return accepted(good, cuts) && !accepted(bad, cuts);
      },
    ),
  );
  t.pass();
});

test('a length that never ends is detected', (t) => {
  t.false(new PacketMeter(LIMIT).accept(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff])));
  t.false(new PacketMeter(LIMIT).accept(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x80])));
});
