import test from 'ava';
import { z } from 'zod';
import { MAX_DETECTORS } from '../../../core/contract/detection.js';
import { parseConfiguration } from '../../../core/runtime/configuration.js';
import { ConfigurationError, messageOf } from '../../../core/runtime/errors.js';
import { camerasSchema, requestOf } from '../../../edge/cameras/camera-config.js';
import { planFor } from '../../core/detection/detection-setup.js';

const schema = z.strictObject({ cameras: camerasSchema });
const parse = (yaml: string) => parseConfiguration(schema, yaml, 'test.yaml').cameras;

function errorsOf(yaml: string): string {
  try {
    parse(yaml);
  } catch (error) {
    if (error instanceof ConfigurationError) return messageOf(error);
    throw error;
  }
  return 'no error';
}

test('a camera needs an id, a kind and an address; the rest has defaults', (t) => {
  const [gate, drop] = parse(`
cameras:
  - { id: gate, kind: http, url: "http://10.0.0.7/snap.jpg" }
  - { id: drop, kind: folder, path: /srv/drop }
`);
  t.like(gate, { schedule: '*/10 * * * * *', jitterSeconds: 0, retries: 2, enabled: true });
  t.like(drop, { loop: false, afterwards: 'keep', maxBytes: 10_485_760, timeoutSeconds: 5 });
});

test('every error names its path and what was expected', (t) => {
  const message = errorsOf(`
cameras:
  - { id: up, kind: http, url: "ftp://10.0.0.7/snap.jpg", retires: 3 }
  - { id: yard, kind: folder, path: /srv, schedule: "99 * * * * *", loop: true, afterwards: delete }
  - { id: door, kind: webcam }
  - { id: side, kind: folder, path: /srv, schedule: often }
  - { id: back, kind: folder, path: /srv, parameters: { minNeighbours: 3 } }
`);
  t.regex(
    message,
    /cameras\.0\.id: is reserved; expected an id other than availability, health, up, ack/,
  );
  t.regex(message, /cameras\.0\.url: expected an http:\/\/ or https:\/\/ URL/);
  t.regex(message, /cameras\.0\.retires: is not a known setting/);
  t.regex(message, /cameras\.1\.schedule: the second field is invalid; expected cron fields/);
  t.regex(
    message,
    /cameras\.2\.kind: expected one of http, mjpeg, rtsp, device, video, folder, push/,
  );
  t.regex(message, /cameras\.3\.schedule: expected 5 or 6 fields but got 1/);
  t.regex(message, /cameras\.4\.parameters\.minNeighbours: is not a known setting/);
});

test('a camera that loops must not delete its files', (t) => {
  t.regex(
    errorsOf('cameras: [{ id: demo, kind: folder, path: /srv, loop: true, afterwards: delete }]'),
    /cameras\.0\.afterwards: must be "keep" if "loop" is true/,
  );
});

test('a camera can have as many detectors as an analysis accepts, and no more', (t) => {
  const camera = (count: number) => {
    const detectors = Array.from({ length: count }, (_, i) => `d${i}`).join(', ');
    return `cameras: [{ id: gate, kind: folder, path: /srv, detectors: [${detectors}] }]`;
  };
  t.is(parse(camera(MAX_DETECTORS))[0]?.detectors?.length, MAX_DETECTORS);
  t.regex(errorsOf(camera(MAX_DETECTORS + 1)), /cameras\.0\.detectors: .*<=8 items/);
});

test('a password in a URL is rejected and not printed', (t) => {
  const message = errorsOf(
    'cameras: [{ id: gate, kind: http, url: "http://admin:hunter2@10.0.0.7/" }]',
  );
  t.regex(
    message,
    /cameras\.0\.url: must not contain a user name or password; put them under "auth"/,
  );
  t.notRegex(message, /hunter2/);
});

test('two cameras with the same id are an error', (t) => {
  const message = errorsOf(`
cameras:
  - { id: gate, kind: folder, path: /srv/a }
  - { id: gate, kind: folder, path: /srv/b }
`);
  t.regex(message, /cameras\.1\.id: duplicate camera id gate; expected unique ids/);
});

test("a camera's detectors and parameters become the fields of an upload", (t) => {
  const [camera] = parse(`
cameras:
  - id: gate
    kind: folder
    path: /srv
    detectors: [face, stop-sign]
    parameters: { minNeighbors: 5, workingSize: 0, orientations: [0, 90] }
`);
  t.truthy(camera);
  if (camera)
    t.deepEqual(requestOf(camera), {
      detector: ['face', 'stop-sign'],
      minNeighbors: 5,
      workingSize: 0,
      orientations: [0, 90],
    });
});

test('the image of a camera with an orientation is turned before the search, and only one setting may turn it', async (t) => {
  const turned = (more: string) => `cameras: [{ id: gate, kind: push, orientation: 90, ${more} }]`;
  const [camera] = parse(turned('name: Gate'));
  t.deepEqual(camera && requestOf(camera), { orientation: 90 });
  t.truthy(camera);
  if (camera) t.deepEqual((await planFor(requestOf(camera))).preparation.orientations, [90]);
  t.regex(
    errorsOf(turned('parameters: { orientations: [0, 90] }')),
    /cameras\.0\.parameters\.orientations: must not be combined with "orientation"; remove one of them/,
  );
});

test('a fingerprint requires https and the length of a SHA-256', (t) => {
  const camera = (url: string, fingerprint: string) =>
    `cameras: [{ id: gate, kind: mjpeg, url: "${url}", fingerprint: "${fingerprint}" }]`;
  t.is(errorsOf(camera('https://10.0.0.7/', 'ab:'.repeat(31).concat('ab'))), 'no error');
  t.regex(errorsOf(camera('http://10.0.0.7/', 'ab'.repeat(32))), /fingerprint: requires an https:/);
  t.regex(errorsOf(camera('https://10.0.0.7/', 'ab')), /fingerprint: expected a SHA-256/);
});

test('old TLS is allowed only for a camera with a fingerprint', (t) => {
  const camera = (more: string) =>
    `cameras: [{ id: gate, kind: http, url: "https://10.0.0.7/"${more} }]`;
  const fingerprint = `, fingerprint: "${'ab'.repeat(32)}"`;
  t.like(parse(camera(`${fingerprint}, oldTls: true`))[0], { oldTls: true });
  t.like(parse(camera(''))[0], { oldTls: false });
  t.regex(errorsOf(camera(', oldTls: true')), /cameras\.0\.oldTls: requires a fingerprint/);
  t.regex(
    errorsOf('cameras: [{ id: gate, kind: rtsp, url: "rtsp://10.0.0.7/", oldTls: true }]'),
    /cameras\.0\.oldTls: is not a known setting/,
  );
});

test('the secret of a camera that uploads fits into a path, and is not printed', (t) => {
  const camera = (secret: string, kind = 'push') =>
    `cameras: [{ id: gate, kind: ${kind}, pushSecret: ${secret} }]`;
  for (const secret of ['a1B2c3D4e5F6g7H8', '{ file: /etc/secret }', '{ env: GATE_SECRET }'])
    t.is(errorsOf(camera(secret)), 'no error', secret);
  for (const secret of ['tooshort', '"with/slash/in/the/path"', '"with space in the text"']) {
    const message = errorsOf(camera(secret));
    t.regex(message, /cameras\.0\.pushSecret: expected 16 to 128 of A-Z, a-z, 0-9, "-" and "_"/);
    t.notRegex(message, /tooshort|slash|space/);
  }
  t.regex(errorsOf(camera('a1B2c3D4e5F6g7H8', 'folder')), /pushSecret: is not a known setting/);
});

test('labels, confidence and tiles of a camera are those of its requests', (t) => {
  const [gate, yard] = parse(`
cameras:
  - id: gate
    kind: push
    labels: [person, car]
    minConfidence: 0.6
    parameters: { tiles: 3x2, workingSize: 0 }
    zones:
      - { kind: include, points: [[0, 0], [1, 0], [1, 1]], labels: [car], minConfidence: 0.8 }
  - { id: yard, kind: push, parameters: { tiles: 1 } }
`);
  if (!gate || !yard) return t.fail();
  t.deepEqual(requestOf(gate), {
    ...{ label: ['person', 'car'], minConfidence: 0.6, tiles: '3x2', workingSize: 0 },
  });
  t.like(gate.zones[0], { labels: ['car'], minConfidence: 0.8 });
  t.deepEqual(requestOf(yard), { tiles: '1' });
});

const outOfRange: [string, RegExp][] = [
  ['labels: []', /cameras\.0\.labels: /],
  ['labels: [a/b]', /cameras\.0\.labels\.0: expected no "\/"/],
  ['minConfidence: 40', /cameras\.0\.minConfidence: /],
  ['parameters: { tiles: 9x9 }', /cameras\.0\.parameters\.tiles: .*expected 1, or columns/],
  ['parameters: { tiles: 8x8 }', /cameras\.0\.parameters\.tiles: .*at most 16 tiles/],
  ['parameters: { tiles: 2 }', /cameras\.0\.parameters\.tiles: /],
  [
    'zones: [{ kind: mask, points: [[0, 0], [1, 0], [1, 1]], minConfidence: 0.5 }]',
    /cameras\.0\.zones\.0\.minConfidence: expected only in a zone whose kind is include/,
  ],
];
for (const [more, expected] of outOfRange)
  test(`out of range: ${more}`, (t) => {
    t.regex(errorsOf(`cameras: [{ id: gate, kind: push, ${more} }]`), expected);
  });
