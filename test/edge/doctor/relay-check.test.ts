import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { openDatabase } from '../../../core/store/database.js';
import { tablesOf } from '../../../core/store/table-set.js';
import { outboxCommand } from '../../../edge/commands/outbox-command.js';
import { edgeConfigSchema } from '../../../edge/config.js';
import { relayCheck } from '../../../edge/doctor/relay-check.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import { Outbox } from '../../../edge/store/outbox.js';
import { type EdgeTables, outboxTables } from '../../../edge/store/tables.js';
import { appendSummaries } from '../../support/delivery-fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const MINUTE_MS = 60_000;

/** A data folder whose outbox has three summaries that wait for ten minutes. */
async function aBacklog(t: ExecutionContext, prepare: (outbox: Outbox) => Promise<unknown>) {
  const dataFolder = await temporaryFolder(t);
  const file = join(dataFolder, 'edge.db');
  const { db, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
  let now = Date.now() - 10 * MINUTE_MS;
  const outbox = new Outbox(tablesOf(db, outboxTables), () => now);
  await appendSummaries(tablesOf(db, outboxTables), outbox, 3);
  now = Date.now();
  await prepare(outbox);
  await close();
  const config = edgeConfigSchema.parse({ dataFolder, mqtt: { url: 'mqtt://127.0.0.1:1' } });
  const verdicts = await relayCheck(config, file, true).run();
  const all = Array.isArray(verdicts) ? verdicts : [verdicts];
  const texts = all.map(({ state, text }) => `${state} ${text}`);
  return { dataFolder, config, texts, advice: all.map((verdict) => verdict.advice ?? '') };
}

test('a relay that never answered is looked for at the broker', async (t) => {
  const { texts, advice } = await aBacklog(t, async () => undefined);
  t.deepEqual(texts, [
    'failure acknowledged up to 0 of 3; 3 summaries pending, the oldest for 10 min',
  ]);
  t.regex(
    advice[0] ?? '',
    /a relay runs and is connected to the same broker, with the same mqtt.root/,
  );
});

test('a relay that answers and does not accept a summary is not looked for at the broker', async (t) => {
  const { texts, advice } = await aBacklog(t, (outbox) => outbox.heard());
  t.regex(texts[0] ?? '', /^failure .*; the relay answers, but does not accept summary 1$/);
  t.notRegex(advice[0] ?? '', /mqtt.root/);
});

test('what was set aside is a warning with its reason, and is shown by the command', async (t) => {
  const { dataFolder, config, texts, advice } = await aBacklog(t, async (outbox) => {
    await outbox.setAside(2, 'refused by the relay: too many labels');
    await outbox.acknowledge(3);
  });
  t.deepEqual(texts, [
    'ok acknowledged up to 3 of 3',
    'warning 1 summaries were refused and set aside; those behind them were sent, the last one because: refused by the relay: too many labels',
  ]);
  t.regex(advice[1] ?? '', /siteglass-edge outbox --refused/);
  t.regex(await outboxCommand(config), /set aside {5}1; "siteglass-edge outbox --refused"/);
  t.like(JSON.parse(await outboxCommand(config, { json: true })), {
    site: config.site,
    depth: 0,
    refused: 1,
    oldestSeconds: null,
    maxBytes: config.outbox.maxBytes,
  });
  t.like(JSON.parse(await outboxCommand(config, { json: true, refused: true })), {
    refused: [{ seq: 2, reason: 'refused by the relay: too many labels' }],
  });
  t.regex(
    await outboxCommand(config, { refused: true }),
    /^2 of epoch .*: refused by the relay: too many labels\n {2}camera gate, snapshot /,
  );
  const main = join(projectRoot(), 'dist', 'edge', 'main.js');
  const run = (...words: string[]) =>
    promisify(execFile)(process.execPath, [main, ...words, `--set=dataFolder=${dataFolder}`]);
  t.regex((await run('outbox', '--refused')).stdout, /too many labels/);
  const refused = await t.throwsAsync(run('doctor', '--refused'));
  t.regex(refused?.message ?? '', /--refused.*is not an option of doctor/s);
});
