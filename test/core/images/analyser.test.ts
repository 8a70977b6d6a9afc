import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Analysis } from '../../../core/contract/detection.js';
import type { AnalysisPlan, DetectionBackend } from '../../../core/detection/detection.js';
import { Analyser, type ResultSource } from '../../../core/images/analyser.js';
import { analysisTable } from '../../../core/images/analysis-table.js';
import { blobTable } from '../../../core/images/blob-table.js';
import { imageTables } from '../../../core/images/tables.js';
import { openDatabase } from '../../../core/store/database.js';
import { tablesOf } from '../../../core/store/table-set.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import type { EdgeTables } from '../../../edge/store/tables.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const bytes = Buffer.from('an image');
const preparation = { workingSize: 1280, orientations: [0 as const] };
const plan: AnalysisPlan = { detectors: [], preparation };
const analysis: Analysis = {
  width: 1,
  height: 1,
  detections: [],
  detectors: [],
  preparation,
  times: { queueMs: 0, decodeMs: 0, detectMs: 0 },
};
const thumbnail = { width: 1, height: 1, grey: new Uint8Array(1) };
const SIDE = 96;

/** An analyser over a detection whose searches end when the test says so. */
async function setUp(t: ExecutionContext) {
  const file = join(await temporaryFolder(), 'edge.db');
  const { db, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
  t.teardown(close);
  const searches: string[] = [];
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const search = async (by: string) => {
    searches.push(by);
    await finished;
    return analysis;
  };
  const detection: DetectionBackend = {
    analyse: () => search('analyse'),
    analyseIf: async (_, gate) =>
      (await gate.planFor(thumbnail)) ? search('analyseIf') : undefined,
    draw: async () => Buffer.alloc(0),
  };
  const sources: ResultSource[] = [];
  const tables = tablesOf(db, imageTables);
  const analyser = new Analyser(tables, detection, (source) => sources.push(source));
  return { analyser, tables, searches, sources, finish };
}

const work = () => ({ key: 'key', plan });

test('an image that a gate admits is searched in the job of its thumbnail', async (t) => {
  const { analyser, searches, sources, finish } = await setUp(t);
  finish();
  t.deepEqual(await analyser.analyseIf(bytes, SIDE, work), analysis);
  t.is(await analyser.analyseIf(bytes, SIDE, () => undefined), undefined);
  t.deepEqual(searches, ['analyseIf']);
  t.deepEqual(sources, ['search']);
});

test('an image whose result is stored is not searched again, whatever its gate', async (t) => {
  const { analyser, tables, searches } = await setUp(t);
  const blob = { sha256: 'a', media_type: 'image/png' as const, bytes: 1, width: 1, height: 1 };
  await blobTable.insert(tables, [blob]);
  await analysisTable.insert(tables, 'key', 'a', analysis);
  t.is(await analyser.analyseIf(bytes, SIDE, work), undefined);
  t.like(await analyser.analyse('key', bytes, plan), { source: 'stored' });
  t.deepEqual(searches, []);
});

test('whoever wants an image that a gate has admitted shares its search', async (t) => {
  const { analyser, searches, sources, finish } = await setUp(t);
  const gated = analyser.analyseIf(bytes, SIDE, work);
  while (searches.length === 0) await new Promise(setImmediate);
  t.is(await analyser.analyseIf(bytes, SIDE, work), undefined, 'its search is on its way');
  const other = analyser.search('key', bytes, plan);
  finish();
  t.deepEqual(await gated, analysis);
  t.like(await other, { source: 'shared' });
  t.deepEqual(searches, ['analyseIf']);
  t.deepEqual(sources.toSorted(), ['search', 'shared']);
});
