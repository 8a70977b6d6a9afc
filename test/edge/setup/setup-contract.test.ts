import test from 'ava';
import { setupRequestSchema } from '../../../edge/setup/setup-contract.js';

test('a network of the set-up that is neither a word nor an address is refused with what is expected', (t) => {
  const administrator = { name: 'ada', password: 'four words are good' };
  const parsed = setupRequestSchema.safeParse({ site: 'depot-7', administrator, network: 'wan' });
  t.deepEqual(
    parsed.error?.issues.map(({ path, message }) => ({ path, message })),
    [{ path: ['network'], message: 'expected "lan", "this-machine" or an IP address' }],
  );
});
