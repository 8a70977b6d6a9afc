import type { Size } from '../../../../../core/detection/engine/geometry.js';
import type { Random } from '../../../../support/render-random.js';
import { integer } from './integers.js';

/** A branch as a file has it: above zero a node's place in its tree, otherwise a leaf's, negated. */
interface ListedNode {
  left: number;
  right: number;
}

interface ListedTree {
  nodes: ListedNode[];
  leaves: string[];
}

export interface TreeCascadeOptions {
  kind: 'haar' | 'lbp';
  window: Size;
  stages: number;
  /** Of each tree, at most. */
  nodes: number;
  /** In the form of OpenCV 1, which has no LBP. */
  isOld?: boolean;
}

const XML = '<?xml version="1.0"?>';

/**
 * A cascade of trees of any shape, in OpenCV's XML. Nodes are listed in any order below the first, leaves too, and some leaves
 * are used twice. About half of the windows pass each stage.
 */
export function treeCascade(random: Random, options: TreeCascadeOptions): string {
  const { kind, window, isOld } = options;
  const stages = Array.from({ length: options.stages }, () =>
    Array.from({ length: integer(random, 1, 7) }, () => someTree(random, options.nodes)),
  );
  if (isOld) return oldForm(random, stages, window);
  const features: string[] = [];
  const node = ({ left, right }: ListedNode) => {
    features.push(kind === 'haar' ? someHaarFeature(random, window) : someCell(random, window));
    const test = kind === 'haar' ? someThreshold(random) : someSubset(random);
    return `${left} ${right} ${features.length - 1} ${test}`;
  };
  const trees = stages.map((stage) =>
    stage.map(
      ({ nodes, leaves }) =>
        `<_><internalNodes>${nodes.map(node).join(' ')}</internalNodes><leafValues>${leaves.join(' ')}</leafValues></_>`,
    ),
  );
  return `${XML}<opencv_storage><cascade><stageType>BOOST</stageType>
<featureType>${kind.toUpperCase()}</featureType><height>${window.height}</height><width>${window.width}</width>
<featureParams><maxCatCount>${kind === 'haar' ? 0 : 256}</maxCatCount></featureParams>
<stages>${trees.map((stage) => `<_><stageThreshold>${stageThreshold(random)}</stageThreshold><weakClassifiers>${stage.join('')}</weakClassifiers></_>`).join('')}</stages>
<features>${features.join('')}</features></cascade></opencv_storage>`;
}

function oldForm(random: Random, stages: ListedTree[][], window: Size): string {
  const branch = (side: string, to: number, leaves: string[]) =>
    to > 0 ? `<${side}_node>${to}</${side}_node>` : `<${side}_val>${leaves[-to]}</${side}_val>`;
  const tree = ({ nodes, leaves }: ListedTree) =>
    nodes
      .map(
        ({ left, right }) =>
          `<_><feature>${someHaarFeature(random, window).slice(3, -4)}</feature><threshold>${someThreshold(random)}</threshold>${branch('left', left, leaves)}${branch('right', right, leaves)}</_>`,
      )
      .join('');
  return `${XML}<opencv_storage><old type_id="opencv-haar-classifier"><size>${window.width} ${window.height}</size>
<stages>${stages.map((stage) => `<_><trees>${stage.map((one) => `<_>${tree(one)}</_>`).join('')}</trees><stage_threshold>${stageThreshold(random)}</stage_threshold><parent>-1</parent><next>-1</next></_>`).join('')}</stages></old></opencv_storage>`;
}

const fixed = (random: Random, from: number, to: number) => random.between(from, to).toFixed(6);
const stageThreshold = (random: Random) => fixed(random, -0.8, 0.1);
const someThreshold = (random: Random) => fixed(random, -0.15, 0.15);
const someSubset = (random: Random) =>
  Array.from({ length: 8 }, () => integer(random, 0, 2 ** 32 - 1) | 0).join(' ');

/** Grows by turning leaves into nodes, then lists all nodes but the first in any order. */
function someTree(random: Random, most: number): ListedTree {
  const count = integer(random, 1, most);
  const nodes: ListedNode[] = [{ left: 0, right: 0 }];
  while (nodes.length < count) {
    const parent = nodes[integer(random, 0, nodes.length - 1)];
    const side = random.pick(['left', 'right'] as const);
    if (parent?.[side] !== 0) continue;
    parent[side] = nodes.length;
    nodes.push({ left: 0, right: 0 });
  }
  const order = [0, ...shuffled(random, nodes.length - 1).map((i) => i + 1)];
  const leaves = shuffled(random, count + 1);
  let leaf = 0;
  const listed = (branch: number) => {
    if (branch > 0) return order.indexOf(branch);
    const place = leaves[leaf++] ?? 0;
    return count > 1 && random.between(0, 1) < 0.1 ? -integer(random, 0, count) : -place;
  };
  // A cascade that has nothing but stumps is read with its leaves in order.
  if (count === 1) return { nodes: [{ left: 0, right: -1 }], leaves: someLeaves(random, 1) };
  return {
    nodes: order.map((place) => {
      const { left, right } = nodes[place] ?? { left: 0, right: 0 };
      return { left: listed(left), right: listed(right) };
    }),
    leaves: someLeaves(random, count),
  };
}

const someLeaves = (random: Random, nodes: number) =>
  Array.from({ length: nodes + 1 }, () => fixed(random, -1, 1));

function shuffled(random: Random, length: number): number[] {
  const left = Array.from({ length }, (_, i) => i);
  return Array.from({ length }, () => left.splice(integer(random, 0, left.length - 1), 1)[0] ?? 0);
}

function someHaarFeature(random: Random, window: Size): string {
  const isTilted = random.between(0, 1) < 0.3;
  const rects = isTilted ? tilted(random, window) : upright(random, window);
  const list = rects.map((rect) => `<_>${rect.join(' ')}.</_>`).join('');
  return `<_><rects>${list}</rects><tilted>${isTilted ? 1 : 0}</tilted></_>`;
}

/** Two halves, three thirds, a frame, a chequerboard, or any two rectangles. */
function upright(random: Random, { width, height }: Size): number[][] {
  const w = integer(random, 1, Math.floor(width / 4));
  const h = integer(random, 1, Math.floor(height / 4));
  const x = integer(random, 0, width - 4 * w);
  const y = integer(random, 0, height - 4 * h);
  return random.pick([
    [
      [x, y, 2 * w, h, -1],
      [x, y, w, h, 2],
    ],
    [
      [x, y, w, 3 * h, -1],
      [x, y + h, w, h, 3],
    ],
    [
      [x, y, 4 * w, 4 * h, -1],
      [x + w, y + h, 2 * w, 2 * h, 4],
    ],
    [
      [x, y, 2 * w, 2 * h, -1],
      [x, y, w, h, 2],
      [x + w, y + h, w, h, 2],
    ],
    [
      [x, y, 2 * w, 2 * h, 1],
      [x, y, w, h, -2],
      [x + w, y + h, w, h, -2],
    ],
    [
      [x, y, w, h, -3],
      [x + w, y + 2 * h, 3 * w, h, 1],
    ],
  ]);
}

function tilted(random: Random, { width, height }: Size): number[][] {
  const most = Math.floor(Math.min(width, height) / 5);
  const [w, h] = [integer(random, 1, most), integer(random, 1, most)];
  const x = integer(random, 2 * h, width - 2 * w);
  const y = integer(random, 0, height - 2 * w - 2 * h);
  return [
    [x, y, 2 * w, h, -1],
    [x, y, w, h, 2],
  ];
}

function someCell(random: Random, { width, height }: Size): string {
  const [w, h] = [
    integer(random, 1, Math.floor(width / 3)),
    integer(random, 1, Math.floor(height / 3)),
  ];
  const [x, y] = [integer(random, 0, width - 3 * w), integer(random, 0, height - 3 * h)];
  return `<_><rect>${x} ${y} ${w} ${h}</rect></_>`;
}
