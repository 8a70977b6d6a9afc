import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { DOCUMENT_LIMITS } from '../../../../core/detection/engine/cascade-document.js';
import { InvalidCascade } from '../../../../core/detection/engine/cascade-model.js';
import { parseCascade } from '../../../../core/detection/engine/parse-cascade.js';
import { haarXml, lbpXml, oldHaarXml } from './support/cascade-xml.js';
import { shippedCascades } from './support/cascades.js';

function refuses(t: ExecutionContext, xml: string, message: RegExp) {
  t.throws(() => parseCascade(xml), { instanceOf: InvalidCascade, message });
}

function leavesToOpenCv(t: ExecutionContext, xml: string, reason: RegExp) {
  const parsed = parseCascade(xml);
  t.true('unsupported' in parsed);
  if ('unsupported' in parsed) t.regex(parsed.unsupported.reason, reason);
}

test('all shipped cascades are read, and those with deeper trees are left to OpenCV', (t) => {
  const left = shippedCascades().flatMap(({ name, file }) => {
    const parsed = parseCascade(readFileSync(file, 'utf8'));
    return 'unsupported' in parsed ? [`${name}: ${parsed.unsupported.reason}`] : [];
  });
  const deep = (name: string) => `haarcascade_${name}: its trees are deeper than one`;
  t.deepEqual(left, [
    deep('eye_tree_eyeglasses'),
    deep('frontalface_alt2'),
    deep('lefteye_2splits'),
    deep('righteye_2splits'),
  ]);
});

test('both of OpenCV’s formats give the same cascade, with the thresholds that OpenCV uses', (t) => {
  const parsed = parseCascade(haarXml());
  t.deepEqual(parsed, parseCascade(oldHaarXml()));
  t.like(parsed, {
    model: {
      kind: 'haar',
      window: { width: 24, height: 24 },
      stages: [
        {
          threshold: Math.fround(Math.fround(-0.1) - Math.fround(1e-5)),
          stumps: [{ threshold: Math.fround(-0.02), left: 0.5, right: -0.5 }],
        },
      ],
    },
  });
});

test('what only OpenCV finds exactly is left to OpenCV, with the reason', (t) => {
  leavesToOpenCv(
    t,
    haarXml({ nodes: '1 0 0 -0.02 0 -1 0 0.1', leaves: '1 2 3' }),
    /deeper than one/,
  );
  leavesToOpenCv(t, oldHaarXml({ secondNode: '<_></_>' }), /deeper than one/);
  leavesToOpenCv(t, haarXml({ rects: ['0 0 4 4 -1.5', '0 0 2 4 3.'] }), /not integers/);
  leavesToOpenCv(
    t,
    haarXml({ rects: ['0 0 24 24 -120.', '0 0 2 4 3.'], window: '24 24' }),
    /too large/u,
  );
  leavesToOpenCv(t, haarXml({ window: '400 400' }), /window is too large/);
  leavesToOpenCv(t, haarXml({ window: '1000 30' }), /between 3 and 512/);
  leavesToOpenCv(t, lbpXml({ rect: '0 0 20 20' }), /cells of more than 257 pixels/);
  leavesToOpenCv(t, lbpXml({ categories: 64 }), /eight bits/);
  leavesToOpenCv(t, haarXml().replace('HAAR', 'HOG'), /HOG/);
});

test('a feature that extends beyond the window is refused', (t) => {
  const outside = /<_> in line \d+ reaches outside the window/;
  refuses(t, haarXml({ rects: ['13 0 12 12 -1.'] }), outside);
  refuses(t, haarXml({ rects: ['0 13 12 12 -1.'] }), outside);
  refuses(t, haarXml({ tilted: 1, rects: ['11 0 2 12 -1.'] }), outside);
  refuses(t, haarXml({ tilted: 1, rects: ['12 10 4 12 -1.'] }), outside);
  refuses(t, lbpXml({ rect: '40 0 8 8' }), /outside the window/);
  refuses(t, haarXml({ rects: ['-1 0 12 12 -1.'] }), /rectangle with an area/);
  refuses(t, haarXml({ rects: ['0 0 0 12 -1.'] }), /rectangle with an area/);
  refuses(t, haarXml({ nodes: '0 -1 1 -0.02' }), /a feature that there is not/);
  refuses(t, haarXml({ nodes: '0 -1 -1 -0.02' }), /a feature that there is not/);
});

test('values that are not numbers, or are out of range, are refused', (t) => {
  for (const number of ['NaN', '.Nan', '.Inf', '1e999', '0x10', '1,5', '1.5.2', '--1', '']) {
    refuses(t, haarXml({ threshold: number }), /finite number is expected|one value/);
  }
  for (const number of ['010', '4294967296', '1.', 'one', '1e1']) {
    refuses(t, haarXml({ rects: [`${number} 0 12 12 -1.`] }), /integer is expected/);
  }
  refuses(t, haarXml({ leaves: '0.5' }), /two leaves/);
  refuses(t, haarXml({ nodes: '0 -1 0' }), /one node and two leaves/);
  refuses(t, haarXml({ window: '0 24' }), /window size/);
  refuses(t, haarXml({ window: '2000000 24' }), /window size/);
});

test('counts of zero and excessive counts are refused', (t) => {
  const rect = '<_>0 0 12 12 -1.</_>';
  refuses(t, haarXml({ rects: [] }), /<rects> in line \d+ is empty/);
  refuses(t, haarXml({ rects: Array(4).fill('0 0 2 2 1.') }), /more than 3/);
  refuses(
    t,
    haarXml().replace(/<weakClassifiers>.*<\/weakClassifiers>/s, '<weakClassifiers/>'),
    /empty/,
  );
  const features = `<_><rects>${rect}</rects></_>`.repeat(65_537);
  refuses(
    t,
    haarXml().replace(/<features>.*<\/features>/s, `<features>${features}</features>`),
    /65536/,
  );
  const stage = /<_><stageThreshold>.*<\/weakClassifiers><\/_>/s;
  const stages = (count: number) =>
    haarXml().replace(stage, (one) => one.replace('</weakClassifiers>', '$&').repeat(count));
  refuses(t, stages(1001), /more than 1000/);
});

test('malicious documents are refused early', (t) => {
  refuses(t, '<a>'.repeat(100_000), /too deep/);
  refuses(
    t,
    `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>${haarXml().slice(21)}`,
    /document type/,
  );
  refuses(t, ' '.repeat(50_000_000), new RegExp(`larger than ${DOCUMENT_LIMITS.bytes} bytes`));
  refuses(t, `<opencv_storage>${'<_/>'.repeat(1_000_001)}</opencv_storage>`, /too many elements/);
  refuses(t, haarXml().slice(0, -20), /not well-formed/);
  refuses(t, '<!-- never ends', /comment does not end/);
  refuses(t, '', /not well-formed|no <opencv_storage>/);
  refuses(t, '<opencv_storage></opencv_storage>', /no <opencv_storage>/);
  refuses(t, haarXml().replace('<rects>', 'words<rects>'), /mixes values and elements/);
  refuses(
    t,
    haarXml().replace('</features>', '</features><features/>'),
    /more than one <features>/,
  );
});
