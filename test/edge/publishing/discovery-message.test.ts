import test from 'ava';
import { type Discovery, discoverySchema } from '../../../core/contract/discovery.js';
import { cameraStateNameSchema } from '../../../core/contract/live-payloads.js';
import { encodePayload } from '../../../core/contract/topic-payloads.js';
import { maxBytesOf } from '../../../core/contract/topics.js';
import {
  applianceDiscovery,
  cameraDiscovery,
  fittedCameraDiscovery,
  removalDiscovery,
} from '../../../edge/publishing/discovery-message.js';
import type {
  DiscoveredCamera,
  DiscoverySources,
} from '../../../edge/publishing/discovery-parts.js';
import { discoveryFaults } from '../../support/home-assistant/discovery-faults.js';

const sources = (more: Partial<DiscoverySources> = {}): DiscoverySources => ({
  site: 'north',
  root: 'siteglass',
  version: '1.2.3',
  url: 'http://192.0.2.7:8080',
  snapshots: false,
  commands: true,
  hasRelay: true,
  hasTemperature: true,
  ...more,
});

const gate: DiscoveredCamera = {
  id: 'gate',
  name: 'The gate',
  kind: 'http',
  labels: [
    { slug: 'stop-sign', label: 'stop sign' },
    { slug: 'odd', label: `it's "odd"` },
  ],
  zones: [{ slug: 'drive-way', name: 'drive way' }],
};
const camera = (id: string, labels: DiscoveredCamera['labels'] = []): DiscoveredCamera => ({
  ...{ id, name: undefined, kind: 'folder', labels, zones: [] },
});
const yard = camera('yard');

/** All messages of a site. */
const messagesOf = (known: DiscoverySources, cameras: DiscoveredCamera[]) => [
  applianceDiscovery(known, {}),
  ...cameras.map((camera) => cameraDiscovery(known, camera, {})),
];

/** Of camera-config.ts. */
const CAMERA_KINDS: DiscoveredCamera['kind'][] = [
  ...(['http', 'mjpeg', 'rtsp', 'device', 'video', 'folder', 'push'] as const),
];

const componentsOf = ({ cmps }: Discovery) =>
  cmps as Record<string, Record<string, unknown> | undefined>;

/** Each message with its topic. */
const topicsOf = (known: DiscoverySources, cameras: DiscoveredCamera[]) => {
  const device = `homeassistant/device/siteglass-${known.site}`;
  return messagesOf(known, cameras).map((message, i) => {
    const { id } = cameras[i - 1] ?? { id: undefined };
    const topic = id === undefined ? `${device}/config` : `${device}/${id}/config`;
    return [topic, encodePayload(id === undefined ? 'discovery' : 'cameraDiscovery', message)];
  });
};

test('every message is as Home Assistant documents it, for all kinds of cameras, zones and labels', (t) => {
  const cameras = [
    ...[gate, yard],
    ...CAMERA_KINDS.map(
      (kind, i): DiscoveredCamera => ({
        id: `${kind}-${i}`,
        name: i % 2 === 0 ? undefined : `Kamera „${kind}“`,
        kind,
        labels: Array.from({ length: i * 3 }, (_, n) => ({ slug: `l-${n}`, label: `label ${n}` })),
        zones: Array.from({ length: i }, (_, n) => ({ slug: `z-${n}`, name: `Zone ${n}` })),
      }),
    ),
  ];
  for (const more of [
    {},
    { snapshots: true, commands: false },
    { url: undefined, hasTemperature: false, hasRelay: false },
  ])
    for (const [topic = '', payload = ''] of topicsOf(sources(more), cameras))
      t.deepEqual(discoveryFaults(`${topic}`, `${payload}`), [], `${topic}`);
});

test('the check of the messages finds what Home Assistant would not accept', (t) => {
  const good = cameraDiscovery(sources(), gate, {});
  const faults = (id: string, change: object) =>
    discoveryFaults(
      'homeassistant/device/siteglass-north/gate/config',
      JSON.stringify({ ...good, cmps: { ...good.cmps, [id]: { ...good.cmps[id], ...change } } }),
    );
  t.deepEqual(faults('gate_occupancy', {}), []);
  for (const [id, change] of [
    ['gate_occupancy', { device_class: 'person' }],
    ['gate_occupancy', { name: null }],
    ['gate_occupancy', { expires_after: 3 }],
    ['gate_occupancy', { availability: [{ topic: 'a', template: 'b' }] }],
    ['gate_report', { options: undefined, device_class: 'timestamp', state_class: 'measurement' }],
    ['gate_seen', { device_class: 'data_size', unit_of_measurement: 'bytes' }],
    ['gate_seen', { default_entity_id: 'binary_sensor.gate' }],
    ['gate_image', { image_topic: 'a/b' }],
    ['gate_event', { state_topic: 'a/+/b' }],
    ['gate_enabled', { p: 'lock' }],
  ] as const)
    t.not(faults(id, change).length, 0, `${id} ${JSON.stringify(change)}`);
});

test('each camera is a device that is connected by way of the appliance', (t) => {
  const [appliance, ...cameras] = messagesOf(sources(), [gate, yard]);
  t.like(appliance?.dev, { ids: ['siteglass-north'], name: 'Siteglass north' });
  t.deepEqual(
    cameras.map(({ dev }) => [dev.ids, dev.name, dev.via_device]),
    [
      [['siteglass-north_gate'], 'The gate', 'siteglass-north'],
      [['siteglass-north_yard'], 'yard', 'siteglass-north'],
    ],
  );
  const known = sources();
  for (const message of [
    ...messagesOf(known, [gate, yard]),
    applianceDiscovery(known, { _old: 'image' }),
    cameraDiscovery(known, gate, { gate_old: 'image' }),
    removalDiscovery(known, { gate_old: 'image' }),
  ])
    t.is(discoverySchema.safeParse(message).error, undefined);
});

test('a camera has an occupancy and a count for each label, an occupancy for each zone, and says how it is', (t) => {
  const cmps = componentsOf(cameraDiscovery(sources(), gate, {}));
  const platforms = Object.entries(cmps).map(([id, component]) => `${id} ${component?.p}`);
  t.deepEqual(platforms.sort(), [
    'gate_connectivity binary_sensor',
    'gate_count-odd sensor',
    'gate_count-stop-sign sensor',
    'gate_enabled switch',
    'gate_event event',
    'gate_image image',
    'gate_occupancy binary_sensor',
    'gate_occupancy-odd binary_sensor',
    'gate_occupancy-stop-sign binary_sensor',
    'gate_problem binary_sensor',
    'gate_report sensor',
    'gate_seen sensor',
    'gate_snapshot button',
    'gate_zone-drive-way binary_sensor',
  ]);
  t.like(cmps.gate_occupancy, { device_class: 'occupancy', expire_after: 180, name: undefined });
  t.like(cmps['gate_occupancy-stop-sign'], {
    name: 'Stop sign occupancy',
    device_class: 'occupancy',
    default_entity_id: 'binary_sensor.north_gate_occupancy_stop_sign',
  });
  t.like(cmps['gate_zone-drive-way'], { name: 'Drive way occupancy', device_class: 'occupancy' });
  t.like(cmps.gate_report, { device_class: 'enum' });
  t.deepEqual(cmps.gate_report?.options, cameraStateNameSchema.options);
  // What a single snapshot misses is still present.
  t.is(
    cmps['gate_count-odd']?.value_template,
    `{{ value_json.present["it's \\"odd\\""] | default(0) }}`,
  );
  // A camera that is on is not paused.
  t.like(cmps.gate_enabled, { payload_on: 'resume', payload_off: 'pause', state_on: 'ON' });
});

test("the address of a camera's picture has a topic of its own, so it is never null", (t) => {
  const image = (more: Partial<DiscoverySources>) =>
    componentsOf(cameraDiscovery(sources(more), gate, {})).gate_image;
  t.like(image({}), { url_topic: 'siteglass/north/gate/picture', url_template: undefined });
  t.like(image({ snapshots: true }), { image_topic: 'siteglass/north/gate/snapshot' });
});

test('a broker from which no commands are accepted has no buttons and switches', (t) => {
  const { cmps } = cameraDiscovery(sources({ commands: false }), gate, {});
  const platforms = Object.values(cmps).map(({ p }) => p);
  t.false(platforms.includes('button') || platforms.includes('switch'));
});

test("a camera's values are available while appliance and camera are; it can be enabled while the appliance is", (t) => {
  const message = cameraDiscovery(sources(), gate, {});
  t.is(message.availability_mode, 'all');
  const site = {
    topic: 'siteglass/north/availability',
    // A clean stop is neither online nor offline for Home Assistant without it.
    value_template: "{{ 'online' if value == 'online' else 'offline' }}",
  };
  t.deepEqual(message.availability, [site]);
  const cmps = componentsOf(message);
  t.like(cmps.gate_occupancy, {
    availability_mode: 'all',
    availability: [site, { topic: 'siteglass/north/gate/availability' }],
  });
  t.is(cmps.gate_enabled?.availability, undefined);
  t.is(cmps.gate_snapshot?.availability, undefined);
});

test('the appliance reports disk, problems and version; the relay and the temperature if there are any', (t) => {
  const cmps = (more: Partial<DiscoverySources>) =>
    componentsOf(applianceDiscovery(sources(more), {}));
  t.deepEqual(Object.keys(cmps({})).sort(), [
    ...['_disk', '_outbox', '_problem', '_relay', '_room', '_sync', '_temperature', '_version'],
  ]);
  t.deepEqual(Object.keys(cmps({ hasTemperature: false, hasRelay: false })).sort(), [
    ...['_disk', '_problem', '_room', '_version'],
  ]);
  t.like(cmps({})._relay, { device_class: 'connectivity' });
  t.like(cmps({})._problem, { device_class: 'problem', name: undefined });
  t.like(cmps({})._disk, { device_class: 'data_size', unit_of_measurement: 'GiB' });
});

test('every entity has its own id, even if names of cameras and labels run together', (t) => {
  const cameras = [
    camera('a', [{ slug: 'b-image', label: 'x' }]),
    camera('a-count', [{ slug: 'b', label: 'y' }]),
    camera('a-count-b'),
  ];
  const ids = messagesOf(sources(), cameras).flatMap((message) =>
    Object.values(componentsOf(message)).map((c) => c?.unique_id),
  );
  t.is(new Set(ids).size, ids.length);
  t.is(ids.length, 39);
});

test('each message of as many cameras as an appliance may have is small', (t) => {
  const labels = [{ slug: 'stop-sign', label: 'stop sign' }];
  const cameras = Array.from({ length: 256 }, (_, i) => ({
    id: `camera-${i}-with-a-name-of-some-length`,
    name: 'A camera with a name',
    kind: 'folder' as const,
    labels,
    zones: [],
  }));
  for (const message of messagesOf(sources(), cameras)) {
    const bytes = Buffer.byteLength(encodePayload('cameraDiscovery', message));
    t.true(bytes < 8_000, `${bytes} bytes`);
    t.true(bytes < maxBytesOf('discovery'));
  }
});

test('the message of a camera with many labels is fitted into what a broker accepts, without some of its counts', (t) => {
  const labels = Array.from({ length: 80 }, (_, i) => ({ slug: `l-${i}`, label: `label ${i}` }));
  const many = { ...camera('gate', labels), zones: gate.zones };
  const whole = cameraDiscovery(sources(), many, {});
  t.deepEqual(fittedCameraDiscovery(sources(), many, {}, 1_000_000), whole);
  const fitted = fittedCameraDiscovery(sources(), many, {}, 20_000);
  t.true(Buffer.byteLength(JSON.stringify(fitted)) <= 20_000);
  const ids = Object.keys(fitted.cmps);
  t.true(
    ids.includes('gate_occupancy') &&
      ids.includes('gate_count-l-0') &&
      ids.includes('gate_zone-drive-way'),
  );
  t.false(ids.includes('gate_count-l-79'));
  t.is(discoverySchema.safeParse(fitted).error, undefined);
  const least = Object.keys(fittedCameraDiscovery(sources(), many, {}, 1).cmps);
  t.true(least.includes('gate_occupancy') && !least.includes('gate_zone-drive-way'));
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
  t.false(broken('yard_enabled', { command_topic: 'a/+/b' }));
  t.false(broken('yard_report', { unique_id: undefined }));
});
