import type { Branch, CascadeModel, HaarTest, LbpTest, Stage, Tree } from './cascade-model.js';
import { fits16Bits } from './fits-16-bits.js';
import { type Corner, FORMS, type Form, mergeCorners } from './merge-corners.js';
import { isNode, nodesOf } from './tree-nodes.js';
import { fixedPointVotes } from './votes.js';

/** Raised whenever the tables change their shape: the kernel refuses others. */
const FORMAT = 0x53474333;

/** Bits of the kernel's sums, less one for the sign and one to spare. */
const VOTE_BITS = 30;

/** The tables of a cascade for the kernel, which checks them again (`cascade.cpp`) before it uses them. */
export function packCascade(model: CascadeModel): Int32Array {
  const stages =
    model.kind === 'haar'
      ? model.stages.map((stage) => packStage(stage, packHaar))
      : model.stages.map((stage) => packStage(stage, packLbp));
  return Int32Array.from([
    FORMAT,
    model.kind === 'haar' ? 0 : 1,
    model.window.width,
    model.window.height,
    model.kind === 'haar' && hasTilted(model.stages) ? 1 : 0,
    stages.length,
    stages.reduce((sum, { nodeCount }) => sum + nodeCount, 0),
    ...stages.flatMap(({ header }) => header),
    ...stages.flatMap(({ nodes }) => nodes),
    ...stages.flatMap(({ fileOrder }) => fileOrder),
  ]);
}

const hasTilted = (stages: Stage<HaarTest>[]): boolean =>
  stages.some(({ trees }) =>
    trees.some((tree) => nodesOf(tree).some(({ feature }) => feature.tilted)),
  );

interface PackedStage {
  header: number[];
  /** For each tree in the order of the file, its place among the packed ones. */
  fileOrder: number[];
  nodeCount: number;
  nodes: number[];
}

/** A node's test as the kernel reads it, less what every kind ends with. */
interface PackedTest {
  form: Form;
  /** Whether its values need 32 bits. The kernel sums the others in 16. */
  wide: boolean;
  words: number[];
}

/** Sorts a stage's trees by the forms and branches of their nodes, so that the kernel takes those alike together. */
function packStage<Test extends HaarTest | LbpTest>(
  stage: Stage<Test>,
  pack: (test: Test, vote: number) => PackedTest,
): PackedStage {
  const { initial, votes, margin } = fixedPointVotes(stage, VOTE_BITS);
  const packed = stage.trees.map((tree, i) => packTree(tree, votes[i] ?? [], pack));
  const sorted = [...packed].sort((a, b) => compareWords(a.likeness, b.likeness));
  const nodeCount = packed.reduce((sum, { likeness }) => sum + likeness.length, 0);
  return {
    header: [nodeCount, stage.trees.length, initial, margin, floatBits(stage.threshold)],
    fileOrder: packed.map((tree) => sorted.indexOf(tree)),
    nodeCount,
    nodes: sorted.flatMap(({ words }) => words),
  };
}

interface PackedTree {
  /** A number for each node: its form and width, and which of its branches lead to other nodes. */
  likeness: number[];
  words: number[];
}

function packTree<Test>(
  tree: Tree<Test>,
  votes: number[],
  pack: (test: Test, vote: number) => PackedTest,
): PackedTree {
  const nodes = nodesOf(tree).map((node, i) => {
    const { form, wide, words } = pack(node, votes[i] ?? 0);
    const { left, right } = node;
    const branches = (isNode(left) ? 1 : 0) + (isNode(right) ? 2 : 0);
    const likeness = 4 * (FORMS.indexOf(form) + (wide ? FORMS.length : 0)) + branches;
    return { likeness, words: [likeness, ...words, leafBits(left), leafBits(right)] };
  });
  return {
    likeness: nodes.map(({ likeness }) => likeness),
    words: nodes.flatMap(({ words }) => words),
  };
}

function compareWords(a: number[], b: number[]): number {
  const at = a.findIndex((word, i) => word !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? -1);
}

const leafBits = <Test>(branch: Branch<Test>): number => floatBits(isNode(branch) ? 0 : branch);

function packHaar({ feature, threshold }: HaarTest, vote: number): PackedTest {
  const { form, corners, weights } = mergeCorners(feature);
  const padded = Array.from({ length: 12 }, (_, i) => corners[i] ?? { x: 0, y: 0 });
  return {
    form,
    wide: !fits16Bits(feature),
    words: [
      feature.tilted ? 1 : 0,
      ...points(padded.slice(0, corners.length)),
      ...weights,
      floatBits(threshold),
      vote,
    ],
  };
}

/** The corners of an LBP feature's three by three cells are in the columns and rows of those on the diagonal. */
function packLbp({ cell, subset }: LbpTest, vote: number): PackedTest {
  const { x, y, width, height } = cell;
  const diagonal = [0, 1, 2, 3].map((i) => ({ x: x + i * width, y: y + i * height }));
  return { form: 'six', wide: false, words: [...points(diagonal), ...ofDarkCells(subset), vote] };
}

/**
 * OpenCV's patterns have a bit for each cell at least as bright as the middle one, the kernel's for each that is darker:
 * every bit is the other way round, and so the 256 patterns are in reverse order.
 */
function ofDarkCells(subset: number[]): number[] {
  const reversed = new Int32Array(8);
  for (let pattern = 0; pattern < 256; pattern++) {
    const dark = 255 - pattern;
    const bit = ((subset[pattern >> 5] ?? 0) >>> (pattern & 31)) & 1;
    reversed[dark >> 5] = (reversed[dark >> 5] ?? 0) | (bit << (dark & 31));
  }
  return [...reversed];
}

const points = (corners: Corner[]) => corners.flatMap(({ x, y }) => [x, y]);

const float = new Float32Array(1);
const bitsOfFloat = new Int32Array(float.buffer);

function floatBits(value: number): number {
  float[0] = value;
  return bitsOfFloat[0] ?? 0;
}
