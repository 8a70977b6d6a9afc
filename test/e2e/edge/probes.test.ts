import test from 'ava';
import { startEdge } from '../../support/edge.js';
import { eventually } from '../../support/eventually.js';

test('an appliance without cameras is healthy', async (t) => {
  const edge = await startEdge();
  t.teardown(() => edge.stop());
  t.deepEqual(
    edge.probes.map(({ name }) => name),
    ['cameras', 'database', 'detection', 'http'],
  );
  for (const probe of edge.probes) t.is(await probe.check(), undefined, probe.name);
});

test('an unreachable broker, a dead camera and a paused one are not faults', async (t) => {
  const dead = '{ id: dead, kind: http, url: "http://127.0.0.1:1/", schedule: "* * * * * *" }';
  const paused = '{ id: paused, kind: folder, path: /nowhere, enabled: false }';
  const edge = await startEdge([
    `cameras=[${dead}, ${paused}]`,
    'mqtt={ url: "mqtt://127.0.0.1:1" }',
    'images.minFreeMegabytes=1000000',
  ]);
  t.teardown(() => edge.stop());
  await eventually('the camera is offline', () => edge.cameras.status('dead').state === 'offline');
  for (const probe of edge.probes) t.is(await probe.check(), undefined, probe.name);
});
