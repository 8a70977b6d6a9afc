import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { DOCUMENT_LIMITS } from '../../../../core/detection/engine/cascade-document.js';
import {
  type CascadeModel,
  InvalidCascade,
  type Tree,
} from '../../../../core/detection/engine/cascade-model.js';
import { parseCascade } from '../../../../core/detection/engine/parse-cascade.js';
import { nodesOf } from '../../../../core/detection/engine/tree-nodes.js';
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

test('all shipped cascades are supported, those with deeper trees too', (t) => {
  const cascades = shippedCascades().map(({ name, file }) => ({
    name,
    parsed: parseCascade(readFileSync(file, 'utf8')),
  }));
  const left = cascades.flatMap(({ name, parsed }) =>
    'unsupported' in parsed ? [`${name}: ${parsed.unsupported.reason}`] : [],
  );
  t.deepEqual(left, []);
  const deep = cascades.flatMap(({ name, parsed }) =>
    'model' in parsed && mostNodes(parsed.model) > 1 ? [`${name} ${mostNodes(parsed.model)}`] : [],
  );
  t.deepEqual(deep, [
    'haarcascade_eye_tree_eyeglasses 3',
    'haarcascade_frontalface_alt2 2',
    'haarcascade_lefteye_2splits 2',
    'haarcascade_righteye_2splits 2',
  ]);
});

const mostNodes = ({ stages }: CascadeModel): number =>
  Math.max(
    ...stages.flatMap(({ trees }: { trees: Tree<unknown>[] }) =>
      trees.map((tree) => nodesOf(tree).length),
    ),
  );

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
          trees: [{ threshold: Math.fround(-0.02), left: 0.5, right: -0.5 }],
        },
      ],
    },
  });
});

test('what only OpenCV finds exactly is left to OpenCV, with the reason', (t) => {
  const joining = '1 2 0 0. 2 0 0 0. -1 -2 0 0.';
  leavesToOpenCv(t, haarXml({ nodes: joining, leaves: '1 2 3 4' }), /branches that join again/);
  leavesToOpenCv(t, haarXml(chain(65)), /tree of more than 64 nodes/);
  leavesToOpenCv(t, lbpXml(chain(65, '0 1 2 3 4 5 6 7 8')), /tree of more than 64 nodes/);
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

/** Nodes each of which is right of the one before. */
function chain(length: number, test = '0 -0.02') {
  const nodes = Array.from(
    { length },
    (_, i) => `${-i} ${i + 1 < length ? i + 1 : -length} ${test}`,
  );
  return {
    nodes: nodes.join(' '),
    leaves: Array(length + 1)
      .fill('1')
      .join(' '),
  };
}

test('trees are read in both formats, whatever the order of their nodes and leaves', (t) => {
  const node = { threshold: Math.fround(-0.02) };
  const left = { ...node, left: 2, right: 1 };
  const right = { ...node, left: 3, right: { ...node, left: 1, right: 4 } };
  const parsed = parseCascade(
    haarXml({
      nodes: '3 1 0 -0.02 -2 2 0 -0.02 0 -3 0 -0.02 -1 0 0 -0.02',
      leaves: '1 2 3 4 5',
    }),
  );
  t.like(parsed, { model: { stages: [{ trees: [{ ...node, left, right }] }] } });
  const old = oldHaarXml({
    nodes: [
      '<left_node>3</left_node><right_node>1</right_node>',
      '<left_val>3</left_val><right_node>2</right_node>',
      '<left_val>1</left_val><right_val>4</right_val>',
      '<left_val>2</left_val><right_val>1</right_val>',
    ],
  });
  t.deepEqual(parsed, parseCascade(old));
  t.true('model' in parseCascade(haarXml(chain(64))));
});

test('a tree that does not end, or refers to what it does not have, is refused', (t) => {
  const words = (...branches: string[]) =>
    haarXml({
      nodes: branches.map((branch) => `${branch} 0 -0.02`).join(' '),
      leaves: Array(branches.length + 1)
        .fill('1')
        .join(' '),
    });
  t.true('model' in parseCascade(words('1 0', '-1 -2')));
  refuses(t, words('1 0', '1 -2'), /<internalNodes> in line \d+ has a cycle of nodes/);
  refuses(t, words('1 0', '2 -1', '-2 1'), /cycle of nodes/);
  refuses(t, words('0 -1', '2 -1', '-2 1'), /cycle of nodes/);
  refuses(t, haarXml({ nodes: `${'1 1 0 0. '.repeat(70)}`, leaves: '1 '.repeat(71) }), /cycle/);
  refuses(t, words('2 0', '-1 -2'), /refers to node 2, and has 2/);
  refuses(t, words('1 0', '-1 -3'), /refers to leaf 3, and there are 3/);
  refuses(t, words('1 0', '-1 -2147483648'), /refers to leaf 2147483648/);
  refuses(t, words('1.5 0', '-1 -2'), /integer is expected/);
  refuses(
    t,
    haarXml({ nodes: '1 0 0 0. -1 -2 7 0.', leaves: '1 2 3' }),
    /feature that there is not/,
  );
  refuses(t, haarXml({ nodes: '1 0 0 0. -1 -2 0 0.', leaves: '1 2' }), /3 leaves/);
  refuses(t, lbpXml({ nodes: '1 0 0 1 2 3 4 5 6 7 8 1 0 0 1 2 3 4 5 6 7 8' }), /3 leaves|cycle/);
  const leaf = '<right_val>1</right_val>';
  const old = (...nodes: string[]) => oldHaarXml({ nodes: nodes.map((node) => node + leaf) });
  t.true('model' in parseCascade(old('<left_node>1</left_node>', '<left_val>1</left_val>')));
  refuses(t, old('<left_node>1</left_node>', '<left_node>1</left_node>'), /cycle of nodes/);
  refuses(t, old('<left_node>0</left_node>'), /number of another node is expected/);
  refuses(t, old('<left_node>-1</left_node>'), /number of another node is expected/);
  refuses(t, old('<left_node>1</left_node>'), /refers to node 1, and has 1/);
  refuses(t, old(''), /has no <left_node>/);
});

test('only beside deeper trees may a stump have its leaves the other way round', (t) => {
  const stump = (nodes: string) => haarXml({ nodes, leaves: '1 2' });
  refuses(t, stump('-1 0 0 -0.02'), /one node and two leaves/);
  refuses(t, stump('0 0 0 -0.02'), /one node and two leaves/);
  const deep =
    '<_><internalNodes>1 0 0 0. -1 -2 0 0.</internalNodes><leafValues>1 2 3</leafValues></_>';
  const mixed = stump('-1 0 0 -0.02').replace('</weakClassifiers>', `${deep}$&`);
  t.like(parseCascade(mixed), {
    model: { stages: [{ trees: [{ left: 2, right: 1 }, { right: 1 }] }] },
  });
});

test('more than 65,536 nodes are refused, however many trees they are in', (t) => {
  const pair =
    '<_><internalNodes>1 0 0 0. -1 -2 0 0.</internalNodes><leafValues>1 2 3</leafValues></_>';
  const trees = (count: number) =>
    haarXml().replace(
      /<weakClassifiers>.*<\/weakClassifiers>/s,
      () => `<weakClassifiers>${pair.repeat(count)}</weakClassifiers>`,
    );
  t.true('model' in parseCascade(trees(32_768)));
  refuses(t, trees(32_769), /beyond 65536 nodes/);
  const [nodes, leaves] = ['1 0 0 0. '.repeat(65_537), '1 '.repeat(65_538)];
  refuses(t, haarXml({ nodes, leaves }), /beyond 65536 nodes/);
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
  refuses(t, haarXml({ leaves: '0.5' }), /2 leaves/);
  refuses(t, haarXml({ leaves: '0.5 1 2' }), /2 leaves/);
  refuses(t, haarXml({ nodes: '0 -1 0' }), /nodes of 4 values/);
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
