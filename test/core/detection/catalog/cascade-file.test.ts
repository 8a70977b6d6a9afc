import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import { describeCascade } from '../../../../core/detection/catalog/cascade-file.js';
import { DetectorFault } from '../../../../core/detection/catalog/detector-fault.js';
import { openCvPackage } from '../../../../core/opencv/opencv-package.js';
import { context, manifest } from '../detection-setup.js';

const stopSign = () => readFile(join(dirname(manifest), 'stop-sign.xml'), 'utf8');

const refused = (text: string | Buffer) => describeCascade(Buffer.from(text)).catch((e) => e);

test('every shipped cascade matches its manifest', async (t) => {
  for (const entry of (await context()).entries) {
    if (entry.kind !== 'cascade') continue;
    if (entry.status === 'refused') {
      t.fail(`${entry.id}: ${entry.reason}`);
      continue;
    }
    const { features, window } = entry;
    t.deepEqual(await describeCascade(await readFile(entry.file)), { features, window }, entry.id);
  }
});

test('a cascade in the format before OpenCV 2.4 is read', async (t) => {
  const file = 'haarcascades/haarcascade_license_plate_rus_16stages.xml';
  t.deepEqual(await describeCascade(await readFile(join(openCvPackage(), 'src', 'lib', file))), {
    features: 'haar',
    window: { width: 64, height: 16 },
  });
});

const nested = (depth: number) =>
  `<opencv_storage><cascade>${'<_>'.repeat(depth)}${'</_>'.repeat(depth)}</cascade></opencv_storage>`;

const cascade = (inner: string) =>
  `<?xml version="1.0"?><opencv_storage><cascade>${inner}</cascade></opencv_storage>`;

const hostile: { title: string; text: string | Buffer; reason: RegExp }[] = [
  { title: 'an empty file', text: '', reason: /not well-formed/ },
  { title: 'a text file', text: 'minNeighbors: 3', reason: /not well-formed/ },
  { title: 'a picture', text: Buffer.from('ffd8ffe000104a46', 'hex'), reason: /not well-formed/ },
  {
    title: 'a document type with entities that multiply',
    text: `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]><opencv_storage>&b;</opencv_storage>`,
    reason: /document type/,
  },
  {
    title: 'a reference to a file',
    text: `<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><opencv_storage/>`,
    reason: /document type/,
  },
  { title: 'an unknown entity', text: cascade('&a;'), reason: /not well-formed/ },
  { title: 'an open comment', text: '<opencv_storage><!-- ', reason: /unclosed comment/ },
  { title: 'elements nested 10000 deep', text: nested(10_000), reason: /nested too deep/ },
  {
    title: 'a thousand attributes',
    text: `<opencv_storage ${Array.from({ length: 1000 }, (_, i) => `a${i}="1"`).join(' ')}/>`,
    reason: /too many attributes/,
  },
  { title: 'other XML', text: '<?xml version="1.0"?><svg/>', reason: /not an OpenCV cascade/ },
  {
    title: 'other OpenCV data',
    text: '<?xml version="1.0"?><opencv_storage><matrix><rows>3</rows></matrix></opencv_storage>',
    reason: /not an OpenCV cascade/,
  },
  {
    title: 'a HOG cascade',
    text: cascade('<stageType>BOOST</stageType><featureType>HOG</featureType>'),
    reason: /HOG/,
  },
  {
    title: 'a cascade without an XML declaration',
    text: cascade('<stageType>BOOST</stageType>').replace(/^<\?.*\?>/, ''),
    reason: /begin with <\?xml/,
  },
  {
    title: 'an unknown feature',
    text: cascade('<stageType>BOOST</stageType><featureType>SURF</featureType>'),
    reason: /neither Haar nor LBP/,
  },
  {
    title: 'a window of 0 × 24',
    text: cascade(
      '<stageType>BOOST</stageType><featureType>HAAR</featureType><width>0</width><height>24</height>',
    ),
    reason: /window/,
  },
  {
    title: 'a window of 100000 × 24',
    text: cascade(
      '<stageType>BOOST</stageType><featureType>HAAR</featureType><width>100000</width><height>24</height>',
    ),
    reason: /window/,
  },
];

for (const { title, text, reason } of hostile)
  test(`${title} is no cascade, and the reason is given`, async (t) => {
    const error = await refused(text);
    t.true(error instanceof DetectorFault);
    t.regex(error.message, reason);
  });

test('a cascade truncated at any point is refused', async (t) => {
  const text = await stopSign();
  for (const part of [0.1, 0.5, 0.999]) {
    const error = await refused(text.slice(0, Math.floor(text.trimEnd().length * part)));
    t.true(error instanceof DetectorFault, `at ${part}`);
  }
});
