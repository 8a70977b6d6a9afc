import test from 'ava';
import { ConfigurationError } from '../../../core/runtime/errors.js';
import { renewed } from '../../../core/runtime/serve.js';

test('a restart with an invalid configuration keeps the previous one and logs every error', (t) => {
  const logged: unknown[] = [];
  const log = { error: (...line: unknown[]) => void logged.push(line) };
  const errors = [{ path: 'http.port', message: 'expected a number' }];
  const invalid = () => {
    throw new ConfigurationError('/etc/siteglass/edge.yaml', errors);
  };
  t.is(renewed(invalid, 'previous', log), 'previous');
  t.deepEqual(logged, [[{ errors }, 'configuration invalid; the previous one stays in effect']]);
  t.is(
    renewed(() => 'next', 'previous', log),
    'next',
  );
  t.is(logged.length, 1);
});
