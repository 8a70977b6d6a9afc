import test from 'ava';
import { logQuerySchema } from '../../../core/contract/system.js';
import { createLimitedLogger } from '../../../core/runtime/logger.js';
import { RecentLog } from '../../../core/runtime/recent-log.js';

const query = (given: Record<string, unknown> = {}) => logQuerySchema.parse(given);

test('the last lines are found by level, component and text, and those after a line', (t) => {
  const recent = new RecentLog();
  const log = createLimitedLogger('a-program', 'debug', recent);
  log.child({ component: 'cameras' }).warn({ camera: 'street' }, 'camera offline');
  log.child({ component: 'uplink' }).info('broker connected');
  log.child({ component: 'uplink' }).error({ err: new Error('no room') }, 'outbox cannot be read');
  const all = recent.page(query());
  t.deepEqual(
    all.lines.map(({ level, component, text }) => [level, component, text]),
    [
      ['warn', 'cameras', 'camera offline'],
      ['info', 'uplink', 'broker connected'],
      ['error', 'uplink', 'outbox cannot be read'],
    ],
  );
  t.deepEqual(all.components, ['cameras', 'uplink']);
  t.deepEqual(all.lines[0]?.fields, { camera: 'street' });
  const textsOf = (given: Record<string, unknown>) =>
    recent.page(query(given)).lines.map(({ text }) => text);
  t.deepEqual(textsOf({ level: 'warn', limit: 1 }), ['outbox cannot be read']);
  t.deepEqual(textsOf({ component: 'cameras' }), ['camera offline']);
  t.deepEqual(textsOf({ text: 'STREET' }), ['camera offline'], 'a field, in any case');
  t.deepEqual(textsOf({ after: 2 }), ['outbox cannot be read']);
});

test('old lines are forgotten by number and by size, and counted', (t) => {
  const byNumber = new RecentLog(3);
  for (let i = 0; i < 10; i++) byNumber.write(JSON.stringify({ level: 30, time: 0, msg: `${i}` }));
  t.like(byNumber.page(query()), { kept: 3, forgotten: 7, lastSeq: 10 });
  t.is(byNumber.page(query()).lines[0]?.text, '7');
  const bySize = new RecentLog(1_000, 10_000);
  for (let i = 0; i < 100; i++)
    bySize.write(JSON.stringify({ level: 30, time: 0, msg: 'x'.repeat(1_000) }));
  bySize.write('x'.repeat(100_000));
  t.true(bySize.page(query()).kept < 10);
  bySize.write('not JSON');
  t.is(bySize.page(query()).lines.at(-1)?.text.length, 1_000, 'what is no line is left out');
});

test('neither a field nor an address in a text shows a secret', (t) => {
  const recent = new RecentLog();
  const log = createLimitedLogger('a-program', 'info', recent);
  log.info(
    {
      broker: { password: 'hunter22' },
      relayToken: 'hunter22',
      deep: { a: { apiSecret: 'hunter22' } },
    },
    'cannot read rtsp://mara:hunter22@192.0.2.7/stream: closed',
  );
  log.error({ err: new Error('GET http://hunter22@192.0.2.7/ failed') }, 'camera failed');
  t.notRegex(JSON.stringify(recent.page(query())), /hunter22/);
});

test('the priorities of the journal are no part of a line', (t) => {
  const recent = new RecentLog();
  recent.write('<4>{"level":40,"time":0,"msg":"a warning"}\n');
  t.like(recent.page(query()).lines[0], { level: 'warn', text: 'a warning' });
});
