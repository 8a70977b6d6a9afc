import test from 'ava';
import { TextSealer } from '../../../core/runtime/sealed-text.js';

const KEY = 'a-key-of-at-least-thirty-two-characters';

test('a sealed text opens with its key, at its place and unchanged alone', (t) => {
  const sealer = new TextSealer(KEY);
  const sealed = sealer.seal('pässword', 'way a');
  t.is(new TextSealer(KEY).open(sealed, 'way a'), 'pässword');
  t.not(sealer.seal('pässword', 'way a'), sealed, 'equal texts do not look equal');
  t.is(sealer.open(sealed, 'way b'), undefined);
  t.is(new TextSealer(`${KEY}.`).open(sealed, 'way a'), undefined);
  const bytes = Buffer.from(sealed, 'base64url');
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes);
    changed[i] = (changed[i] ?? 0) ^ 1;
    t.is(sealer.open(changed.toString('base64url'), 'way a'), undefined, `byte ${i}`);
    t.is(sealer.open(bytes.subarray(0, i).toString('base64url'), 'way a'), undefined);
  }
});
