import test from 'ava';
import { type Discovery, discoverySchema } from '../../../core/contract/discovery.js';
import { encodePayload, maxBytesOf } from '../../../core/contract/topics.js';
import {
  applianceDiscovery,
  cameraDiscovery,
  type DiscoveredCamera,
  type DiscoverySources,
  fittedCameraDiscovery,
} from '../../../edge/publishing/discovery-message.js';

const sources = (more: Partial<DiscoverySources> = {}): DiscoverySources => ({
  site: 'north',
  root: 'siteglass',
  version: '1.2.3',
  url: 'http://192.0.2.7:8080',
  snapshots: false,
  hasTemperature: true,
  ...more,
});

const gate = {
  id: 'gate',
  name: 'The gate',
  labels: [
    { slug: 'stop-sign', label: 'stop sign' },
    { slug: 'odd', label: `it's "odd"` },
  ],
};
const yard = { id: 'yard', name: undefined, labels: [] };

/** All messages of a site. */
const messagesOf = (known: DiscoverySources, cameras: DiscoveredCamera[]) => [
  applianceDiscovery(known, {}),
  ...cameras.map((camera) => cameraDiscovery(known, camera, {})),
];

const componentsOf = ({ cmps }: Discovery) =>
  cmps as Record<string, Record<string, unknown> | undefined>;

test("an appliance with cameras is one device in the form of Home Assistant's documentation", (t) => {
  for (const more of [{}, { snapshots: true }, { url: undefined, hasTemperature: false }]) {
    const known = sources(more);
    const removing = [
      applianceDiscovery(known, { old_image: 'image' }),
      cameraDiscovery(known, gate, { gate_old: 'image' }),
    ];
    for (const message of [...messagesOf(known, [gate, yard]), ...removing]) {
      const { error } = discoverySchema.safeParse(message);
      t.is(error, undefined);
      t.deepEqual(message.dev.ids, ['siteglass-north'], 'one device');
    }
  }
});

test('a camera has a count for each label, an occupancy that expires, an event, an image, a button and a switch', (t) => {
  const cmps = componentsOf(cameraDiscovery(sources(), gate, {}));
  const platforms = Object.entries(cmps)
    .filter(([id]) => id.startsWith('gate_'))
    .map(([id, component]) => `${id} ${component?.p}`);
  t.deepEqual(platforms.sort(), [
    'gate_count-odd sensor',
    'gate_count-stop-sign sensor',
    'gate_event event',
    'gate_image image',
    'gate_occupancy binary_sensor',
    'gate_pause switch',
    'gate_problem binary_sensor',
    'gate_report sensor',
    'gate_snapshot button',
  ]);
  t.like(cmps.gate_occupancy, { device_class: 'occupancy', expire_after: 180 });
  t.like(cmps.gate_image, { url_topic: 'siteglass/north/gate/state' });
  t.is(
    cmps['gate_count-odd']?.value_template,
    `{{ value_json.counts["it's \\"odd\\""] | default(0) }}`,
  );
});

test("a camera's values are available while appliance and camera are; it can be resumed while the appliance is", (t) => {
  const message = cameraDiscovery(sources(), gate, {});
  t.is(message.availability_mode, 'all');
  t.deepEqual(message.availability, [{ topic: 'siteglass/north/availability' }]);
  const cmps = componentsOf(message);
  t.like(cmps.gate_occupancy, {
    availability_mode: 'all',
    availability: [
      { topic: 'siteglass/north/availability' },
      { topic: 'siteglass/north/gate/availability' },
    ],
  });
  t.is(cmps.gate_pause?.availability, undefined);
  t.is(cmps.gate_snapshot?.availability, undefined);
});

test('the appliance reports its outbox, last sync, version, disk and, if known, temperature', (t) => {
  const box = (more: Partial<DiscoverySources>) =>
    Object.keys(applianceDiscovery(sources(more), {}).cmps).sort();
  t.deepEqual(box({}), ['_disk', '_outbox', '_sync', '_temperature', '_version']);
  t.deepEqual(box({ hasTemperature: false }), ['_disk', '_outbox', '_sync', '_version']);
});

test('every entity has its own id, even if names of cameras and labels run together', (t) => {
  const cameras = [
    { id: 'a', name: undefined, labels: [{ slug: 'b-image', label: 'x' }] },
    { id: 'a-count', name: undefined, labels: [{ slug: 'b', label: 'y' }] },
    { id: 'a-count-b', name: undefined, labels: [] },
  ];
  const ids = messagesOf(sources(), cameras).flatMap((message) =>
    Object.values(componentsOf(message)).map((c) => c?.unique_id),
  );
  t.is(new Set(ids).size, ids.length);
  t.is(ids.length, 28);
});

test('each message of as many cameras as an appliance may have is small', (t) => {
  const labels = [{ slug: 'stop-sign', label: 'stop sign' }];
  const cameras = Array.from({ length: 256 }, (_, i) => ({
    id: `camera-${i}-with-a-name-of-some-length`,
    name: 'A camera with a name',
    labels,
  }));
  for (const message of messagesOf(sources(), cameras)) {
    const bytes = Buffer.byteLength(encodePayload('cameraDiscovery', message));
    t.true(bytes < 8_000, `${bytes} bytes`);
    t.true(bytes < maxBytesOf('discovery'));
  }
});

test('the message of a camera with many labels is fitted into what a broker accepts, without some of its counts', (t) => {
  const labels = Array.from({ length: 80 }, (_, i) => ({ slug: `l-${i}`, label: `label ${i}` }));
  const many = { id: 'gate', name: undefined, labels };
  const whole = cameraDiscovery(sources(), many, {});
  t.deepEqual(fittedCameraDiscovery(sources(), many, {}, 1_000_000), whole);
  const fitted = fittedCameraDiscovery(sources(), many, {}, 20_000);
  t.true(Buffer.byteLength(JSON.stringify(fitted)) <= 20_000);
  const ids = Object.keys(fitted.cmps);
  t.true(ids.includes('gate_occupancy') && ids.includes('gate_count-l-0'));
  t.false(ids.includes('gate_count-l-79'));
  t.is(discoverySchema.safeParse(fitted).error, undefined);
});

test('misspelt, missing and contradictory options are found', (t) => {
  const good = cameraDiscovery(sources(), yard, {});
  const broken = (id: string, change: object) =>
    discoverySchema.safeParse({
      ...good,
      cmps: { ...good.cmps, [id]: { ...(good.cmps[id] as object), ...change } },
    }).success;
  t.true(broken('yard_occupancy', {}));
  t.false(broken('yard_occupancy', { expire_after: undefined }));
  t.false(broken('yard_occupancy', { expires_after: 3 }));
  t.false(broken('yard_image', { image_topic: 'a/b' }));
  t.false(broken('yard_event', { event_types: [] }));
  t.false(broken('yard_pause', { command_topic: 'a/+/b' }));
  t.false(broken('yard_report', { unique_id: undefined }));
});
