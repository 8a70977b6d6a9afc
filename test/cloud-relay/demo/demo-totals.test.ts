import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { DemoTotalsCache } from '../../../cloud-relay/demo/demo-totals.js';
import { publicHead } from '../../../cloud-relay/demo/public-head.js';
import type { DemoAnswer } from '../../../core/contract/demo.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { startRelay } from '../../support/relay.js';

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
  const totals = new DemoTotalsCache(sites, () => now);
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
  const totals = new DemoTotalsCache(sites, () => 0);
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
