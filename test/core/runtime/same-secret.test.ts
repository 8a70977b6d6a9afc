import test from 'ava';
import { isSameSecret } from '../../../core/runtime/same-secret.js';

test('secrets are the same if each character is, whatever their lengths are', (t) => {
  t.true(isSameSecret('ключ 7', 'ключ 7'));
  t.true(isSameSecret('', ''));
  for (const other of ['', 'ключ', 'ключ 7 ', 'ключ 8', 'x'.repeat(100_000)])
    t.false(isSameSecret(other, 'ключ 7'), other.slice(0, 20));
});
