import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { MAX_ROWS } from '../../../core/access/audit-classes.js';
import { auditTable } from '../../../core/access/audit-table.js';
import { startAccess } from '../../support/access.js';

const DAY_MS = 86_400_000;

/** An audit log, and the lines of the journal. */
async function setUp(t: ExecutionContext) {
  const lines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
  const access = await startAccess(t, { log });
  return { ...access, lines: () => lines.filter(({ msg }) => String(msg).startsWith('audit:')) };
}

const admin = { name: 'mara', kind: 'user', address: '192.0.2.7' } as const;

test('an entry is in the table and in the journal', async (t) => {
  const { audit, lines, clock } = await setUp(t);
  audit.record({ action: 'site_removed', actor: admin, subject: 'door' });
  const [entry] = await audit.page({ limit: 10 });
  t.like(entry, {
    ...{ at: clock.now, action: 'site_removed', actor: 'mara', actor_kind: 'user', count: 1 },
    ...{ address: '192.0.2.7', subject: 'door', detail: null, class: 'changes' },
  });
  t.is(lines().length, 1);
  t.like(lines()[0], { msg: 'audit: site removed', actor: 'mara', subject: 'door' });
});

test('a flood of refused log-ins is one entry with a count, and leaves the others alone', async (t) => {
  const { audit, lines, db } = await setUp(t);
  audit.record({ action: 'user_added', actor: admin, subject: 'noor' });
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 5_000; i++)
      audit.record({
        action: 'log_in_refused',
        actor: { name: '(unknown)', kind: 'user', address: '198.51.100.1' },
      });
    await audit.flush();
  }
  const entries = await audit.page({ limit: 10 });
  t.deepEqual(
    entries.map(({ action, count }) => [action, count]),
    [
      ['log_in_refused', 15_000],
      ['user_added', 1],
    ],
  );
  t.is(lines().length, 2, 'the journal has a line a minute');

  for (let i = 0; i < 3_000; i++)
    audit.record({
      action: 'token_refused',
      actor: { name: '(unknown)', kind: 'token', address: `10.0.${i >> 8}.${i & 255}` },
    });
  await audit.flush();
  const rows = await db.selectFrom('audit_entry').selectAll().execute();
  const refused = rows.filter(({ action }) => action === 'token_refused');
  t.true(refused.length <= 101, `${refused.length}`);
  t.is(
    refused.reduce((sum, { count }) => sum + count, 0),
    3_000,
    'each is counted',
  );
  t.like(
    refused.find(({ actor }) => actor === '(several)'),
    { address: null },
  );
});

test('a refusal stands before what happened later', async (t) => {
  const { audit } = await setUp(t);
  const refuse = () => audit.record({ action: 'log_in_refused', actor: admin });
  refuse();
  audit.record({ action: 'log_in', actor: admin });
  refuse();
  const entries = await audit.page({ limit: 10 });
  t.deepEqual(
    entries.map(({ action, count }) => [action, count]),
    [
      ['log_in', 1],
      ['log_in_refused', 2],
    ],
  );
});

test('what anyone can do all day long is one entry for each thing', async (t) => {
  const { audit } = await setUp(t);
  const wall = { name: 'wall', kind: 'mqtt' } as const;
  for (let i = 0; i < 50; i++)
    for (const subject of ['door', 'yard'])
      audit.record({
        action: i % 2 === 0 ? 'camera_paused' : 'camera_resumed',
        actor: wall,
        subject,
      });
  const entries = await audit.page({ limit: 10 });
  t.deepEqual(
    entries.map(({ action, subject, count }) => `${action} ${subject} ${count}`).toSorted(),
    [
      'camera_paused door 25',
      'camera_paused yard 25',
      'camera_resumed door 25',
      'camera_resumed yard 25',
    ],
  );
});

test('each class of entries has its own limit', async (t) => {
  const { audit, db } = await setUp(t);
  const row = {
    ...{ at: 1, last_at: Date.parse('2026-05-04T12:00:00Z'), count: 1, actor: 'x' },
    ...({ actor_kind: 'user', address: null, subject: null, detail: null } as const),
  };
  const fill = async (
    name: 'refusals' | 'changes',
    action: 'log_in_refused' | 'user_added',
    count: number,
  ) => {
    for (let from = 0; from < count; from += 1_000) {
      const rows = Array.from({ length: 1_000 }, () => ({ ...row, class: name, action }));
      await db.insertInto('audit_entry').values(rows).execute();
    }
  };
  await fill('changes', 'user_added', 2_000);
  await fill('refusals', 'log_in_refused', 5_000);
  for (let i = 0; i < 60; i++) audit.record({ action: 'log_in', actor: admin });
  await audit.flush();
  const count = async (name: string) =>
    (await db.selectFrom('audit_entry').selectAll().execute()).filter((one) => one.class === name)
      .length;
  t.is(await count('refusals'), MAX_ROWS.refusals);
  t.is(await count('changes'), 2_000);
});

test('old entries are removed', async (t) => {
  const { audit, clock } = await setUp(t);
  audit.record({ action: 'user_added', actor: admin, subject: 'old' });
  await audit.flush();
  clock.now += 401 * DAY_MS;
  for (let i = 0; i < 50; i++) audit.record({ action: 'user_added', actor: admin, subject: 'new' });
  const subjects = (await audit.page({ limit: 100 })).map(({ subject }) => subject);
  t.false(subjects.includes('old'));
  t.true(subjects.includes('new'));
});

test('text of clients is bounded and holds no control characters', async (t) => {
  const { audit, lines } = await setUp(t);
  const name = `\u001b[2J\n\u0000\ud800${'x'.repeat(100_000)}`;
  audit.record({ action: 'user_removed', actor: { name, kind: 'user' }, subject: name });
  const [entry] = await audit.page({ limit: 1 });
  t.true((entry?.actor.length ?? 0) <= 200);
  t.notRegex(entry?.actor ?? '', /[\p{Cc}\p{Cs}]/u);
  t.true(JSON.stringify(lines()).length < 1_000);
});

test('a database that does not answer costs neither the caller nor the journal', async (t) => {
  const { audit, lines, db } = await setUp(t);
  await audit.flush();
  await db.schema.alterTable('audit_entry').renameTo('away').execute();
  t.notThrows(() => audit.record({ action: 'backup_made', actor: admin }));
  await audit.flush();
  t.is(lines().length, 1);
  await db.schema.alterTable('away').renameTo('audit_entry').execute();
  audit.record({ action: 'set_up', actor: admin });
  await audit.flush();
  t.is((await auditTable.page(db, { limit: 10 }))[0]?.action, 'set_up');
});
