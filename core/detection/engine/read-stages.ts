import { type DocumentNode, floatOf, integerOf } from './cascade-document.js';
import { CASCADE_LIMITS, NodeCount, stageThreshold, UnsupportedFeature } from './cascade-limits.js';
import type {
  CascadeModel,
  HaarFeature,
  HaarTest,
  LbpTest,
  Rectangle,
  Stage,
  Tree,
} from './cascade-model.js';
import type { Size } from './geometry.js';
import { type ListedBranch, type ListedNode, linkTree } from './link-tree.js';
import { readCell, readHaarFeature } from './read-features.js';

/** The stages of a cascade in the form that `opencv_traincascade` writes. */
export function readCascade(node: DocumentNode, kind: 'haar' | 'lbp', window: Size): CascadeModel {
  const categories = node.child('featureParams').child('maxCatCount').integer();
  const features = node.child('features').items(CASCADE_LIMITS.features);
  if (kind === 'haar') {
    if (categories !== 0) throw new UnsupportedFeature('Haar features in categories');
    const haar = features.map((feature) => readHaarFeature(feature, window));
    return { kind, window, stages: readStages(node, haarTests(haar)) };
  }
  if (categories !== 256) throw new UnsupportedFeature('its patterns do not have eight bits');
  const cells = features.map((feature) => readCell(feature, window));
  return { kind, window, stages: readStages(node, lbpTests(cells)) };
}

/** What a node of a tree holds after its two branches: so many words. */
interface TestReader<Test> {
  words: number;
  read: (words: string[], at: DocumentNode) => Test;
}

const haarTests = (features: HaarFeature[]): TestReader<HaarTest> => ({
  words: 2,
  read: ([index, threshold], at) => ({
    feature: pick(features, index, at),
    threshold: floatOf(threshold ?? '', at),
  }),
});

const lbpTests = (cells: Rectangle[]): TestReader<LbpTest> => ({
  words: 9,
  read: ([index, ...subset], at) => ({
    cell: pick(cells, index, at),
    subset: subset.map((word) => integerOf(word, at)),
  }),
});

function pick<Feature>(features: Feature[], word: string | undefined, at: DocumentNode): Feature {
  const feature = features[integerOf(word ?? '', at)];
  if (feature === undefined) throw at.error('uses a feature that there is not');
  return feature;
}

function readStages<Test extends object>(
  node: DocumentNode,
  tests: TestReader<Test>,
): Stage<Test>[] {
  const count = new NodeCount();
  const stages = node.child('stages').items(CASCADE_LIMITS.stages);
  const read = stages.map((stage) => ({
    threshold: stageThreshold(stage.child('stageThreshold').float()),
    trees: stage
      .child('weakClassifiers')
      .items(CASCADE_LIMITS.nodes)
      .map((tree) => readNodes(tree, tests, count)),
  }));
  const trees = read.flatMap((stage) => stage.trees);
  if (trees.every(({ nodes }) => nodes.length === 1)) refuseOtherStumps(trees);
  return read.map(({ threshold, trees }) => ({
    threshold,
    trees: trees.map(({ nodes, at }): Tree<Test> => linkTree(nodes, at)),
  }));
}

interface ReadTree<Test> {
  nodes: ListedNode<Test>[];
  /** The branches of its first node, as the file has them. */
  root: string;
  at: DocumentNode;
}

function readNodes<Test>(
  tree: DocumentNode,
  { words, read }: TestReader<Test>,
  count: NodeCount,
): ReadTree<Test> {
  const at = tree.child('internalNodes');
  const all = at.words();
  const length = 2 + words;
  if (all.length === 0 || all.length % length !== 0) {
    throw at.error(`does not hold nodes of ${length} values`);
  }
  count.add(all.length / length, tree);
  const leaves = readLeaves(tree, all.length / length);
  const nodes = Array.from({ length: all.length / length }, (_, i) => {
    const [left, right, ...rest] = all.slice(i * length, (i + 1) * length);
    return {
      test: read(rest, at),
      left: branchOf(left ?? '', leaves, at),
      right: branchOf(right ?? '', leaves, at),
    };
  });
  return { nodes, root: all.slice(0, 2).join(' '), at };
}

/** OpenCV counts on a leaf more than there are nodes: it finds the next tree's leaves that way. */
function readLeaves(tree: DocumentNode, nodes: number): number[] {
  const node = tree.child('leafValues');
  const leaves = node.words().map((word) => floatOf(word, node));
  if (leaves.length !== nodes + 1) throw node.error(`does not hold ${nodes + 1} leaves`);
  return leaves;
}

/** Above zero it is a node's place, otherwise that of a leaf, negated. */
function branchOf(word: string, leaves: number[], at: DocumentNode): ListedBranch {
  const place = integerOf(word, at);
  if (place > 0) return { node: place };
  const leaf = leaves[-place];
  if (leaf === undefined)
    throw at.error(`refers to leaf ${-place}, and there are ${leaves.length}`);
  return { leaf };
}

/** OpenCV does not read the branches of a cascade that has stumps alone: it takes the leaves in their order. */
function refuseOtherStumps(trees: ReadTree<unknown>[]): void {
  for (const { root, at } of trees) {
    if (root !== '0 -1') throw at.error('is not a tree of one node and two leaves');
  }
}
