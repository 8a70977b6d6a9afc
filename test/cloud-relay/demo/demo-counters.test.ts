import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Context } from 'koa';
import { DemoCounters } from '../../../cloud-relay/demo/demo-counters.js';
import { publicHead } from '../../../cloud-relay/demo/public-head.js';
import { demoTotalMigration } from '../../../cloud-relay/store/demo-total-migration.js';
import {
  addUploadTotals,
  type UploadTotals,
  uploadTotals,
} from '../../../cloud-relay/store/demo-total-table.js';
import type { DemoAnswer } from '../../../core/contract/demo.js';
import { silentLogger } from '../../../core/runtime/logger.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { startRelay } from '../../support/relay.js';
import { relayDatabases } from '../../support/relay-databases.js';

const noUploads = { read: async () => ({ images: 0, objects: 0 }), add: async () => undefined };

test('however many visitors ask, the sites are summed up once in five seconds', async (t) => {
  let now = 0;
  let reads = 0;
  const sites = {
    totals: async () => {
      reads += 1;
      return { summaries: 10 * reads, detections: 3 * reads };
    },
    reportingSites: async () => ({ reporting: 2 }),
  };
  const totals = new DemoCounters(sites, noUploads, silentLogger(), () => now);
  const answers = await Promise.all(Array.from({ length: 100 }, () => totals.get()));
  t.deepEqual(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
  t.is(reads, 1);
  now = 4_999;
  t.is((await totals.get()).images, 10);
  now = 5_000;
  t.deepEqual(await totals.get(), { images: 20, objects: 6, sites: 2 });
  now = -60_000;
  t.is((await totals.get()).images, 30, 'a clock that was set back keeps nothing for long');
});

test('a failed sum is not kept', async (t) => {
  let isAway = true;
  const sites = {
    totals: async () => {
      if (isAway) throw new Error('away');
      return { summaries: 1, detections: 1 };
    },
    reportingSites: async () => ({ reporting: 0 }),
  };
  const totals = new DemoCounters(sites, noUploads, silentLogger(), () => 0);
  await t.throwsAsync(totals.get());
  isAway = false;
  t.is((await totals.get()).images, 1);
});

test('anyone reads the limits and the totals, which count an upload at once and name no site', async (t) => {
  const relay = await startRelay(['demo.uploadLifetimeMinutes=90', 'images.maxUploadMegabytes=2']);
  t.teardown(relay.stop);
  await relay.fleet.createSite('secret-harbour');
  const read = async () => await (await fetch(`${relay.url}/api/v1/demo`)).text();
  const before: DemoAnswer = JSON.parse(await read());
  t.deepEqual(before.totals, { images: 0, objects: 0, sites: 0 });
  t.is(before.limits.keptMinutes, 90);
  t.is(before.limits.maxUploadBytes, 2_000_000);

  const upload = async (path: string, file: Uint8Array<ArrayBuffer>) => {
    const form = new FormData();
    form.append('image', new Blob([file]), 'street.jpg');
    return (await fetch(`${relay.url}${path}`, { method: 'POST', body: form })).status;
  };
  const street = new Uint8Array(readFileSync(join(projectRoot(), 'samples', '4-two-signs.jpg')));
  t.is(await upload('/api/v1/objectdetection/image', street), 200);
  t.is(await upload('/v1/vision/detection', street), 200);
  t.is(await upload('/api/v1/objectdetection/image', new Uint8Array(100)), 415);
  const after = await read();
  t.deepEqual((JSON.parse(after) as DemoAnswer).totals, { images: 2, objects: 4, sites: 0 });
  t.false(after.includes('secret-harbour'));
});

test('the lines of the demo page for previews hold nothing but the address of the configuration', (t) => {
  t.is(
    publicHead('https://demo.example.com:8443/'),
    '<link rel="canonical" href="https://demo.example.com:8443/" />' +
      '<meta property="og:url" content="https://demo.example.com:8443/" />' +
      '<meta property="og:image" content="https://demo.example.com:8443/card.jpg" />' +
      '<meta name="twitter:image" content="https://demo.example.com:8443/card.jpg" />',
  );
});

for (const { name, open } of relayDatabases(test))
  test(`uploads of several relays are counted together and outlive a restart: ${name}`, async (t) => {
    const db = await open(t);
    await demoTotalMigration.up(db);
    const store = {
      read: () => uploadTotals(db),
      add: (totals: UploadTotals) => addUploadTotals(db, totals),
    };
    const sites = {
      totals: async () => ({ summaries: 100, detections: 10 }),
      reportingSites: async () => ({ reporting: 1 }),
    };
    const start = () => new DemoCounters(sites, store, silentLogger());
    const upload = (counters: DemoCounters, objects: number) => {
      const ctx = { status: 200, body: { detections: Array(objects).fill(0) } } as Context;
      return counters.count(ctx, async () => undefined);
    };
    const [one, other] = [start(), start()];
    await upload(one, 3);
    t.deepEqual(await one.get(), { images: 101, objects: 13, sites: 1 });
    await upload(other, 2);
    await upload(other, 0);
    await one.stop();
    await other.stop();
    t.deepEqual(await one.get(), { images: 103, objects: 15, sites: 1 });
    t.deepEqual(await start().get(), { images: 103, objects: 15, sites: 1 });
  });

test('uploads are saved once, also if the relay stops while they are being saved', async (t) => {
  const saved: UploadTotals[] = [];
  let release: () => void = () => undefined;
  const isReached = new Promise<void>((resolve) => {
    release = resolve;
  });
  const sites = {
    totals: async () => ({ summaries: 0, detections: 0 }),
    reportingSites: async () => ({ reporting: 0 }),
  };
  const store = {
    read: async () => ({ images: 0, objects: 0 }),
    async add(totals: UploadTotals) {
      saved.push(totals);
      await isReached;
    },
  };
  const counters = new DemoCounters(sites, store, silentLogger(), () => 0);
  const ctx = { status: 200, body: { detections: [{}, {}] } } as unknown as Context;
  await counters.count(ctx, async () => undefined);
  const stops = [counters.stop(), counters.stop()];
  await new Promise((resolve) => setImmediate(resolve));
  release();
  await Promise.all(stops);
  t.deepEqual(saved, [{ images: 1, objects: 2 }]);
  t.is((await counters.get()).images, 0);
});
