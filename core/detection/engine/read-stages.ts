import { type DocumentNode, floatOf, integerOf } from './cascade-document.js';
import { CASCADE_LIMITS, stageThreshold, TreeCount, UnsupportedFeature } from './cascade-limits.js';
import type {
  CascadeModel,
  HaarFeature,
  HaarStump,
  LbpStump,
  Rectangle,
  Stage,
} from './cascade-model.js';
import type { Size } from './geometry.js';
import { readCell, readHaarFeature } from './read-features.js';

/** The stages of a cascade in the form that `opencv_traincascade` writes. */
export function readCascade(node: DocumentNode, kind: 'haar' | 'lbp', window: Size): CascadeModel {
  const categories = node.child('featureParams').child('maxCatCount').integer();
  const features = node.child('features').items(CASCADE_LIMITS.features);
  if (kind === 'haar') {
    if (categories !== 0) throw new UnsupportedFeature('Haar features in categories');
    const haar = features.map((feature) => readHaarFeature(feature, window));
    return { kind, window, stages: readStages(node, (tree) => readHaarStump(tree, haar)) };
  }
  if (categories !== 256) throw new UnsupportedFeature('its patterns do not have eight bits');
  const cells = features.map((feature) => readCell(feature, window));
  return { kind, window, stages: readStages(node, (tree) => readLbpStump(tree, cells)) };
}

function readStages<Stump>(
  node: DocumentNode,
  readStump: (tree: DocumentNode) => Stump,
): Stage<Stump>[] {
  const count = new TreeCount();
  return node
    .child('stages')
    .items(CASCADE_LIMITS.stages)
    .map((stage) => {
      const trees = stage.child('weakClassifiers').items(CASCADE_LIMITS.stumps);
      count.add(trees.length, stage);
      return {
        threshold: stageThreshold(stage.child('stageThreshold').float()),
        stumps: trees.map(readStump),
      };
    });
}

/** The words of a tree's only inner node, less the two that say that its children are leaves. */
function stumpWords(tree: DocumentNode, length: number): string[] {
  const nodes = tree.child('internalNodes').words();
  if (nodes.length > length && nodes.length % length === 0) {
    throw new UnsupportedFeature('its trees are deeper than one');
  }
  const [left, right, ...words] = nodes;
  if (nodes.length !== length || left !== '0' || right !== '-1') {
    throw tree.error('is not a tree of one node and two leaves');
  }
  return words;
}

function readLeaves(tree: DocumentNode): { left: number; right: number } {
  const node = tree.child('leafValues');
  const [left, right, ...others] = node.words().map((word) => floatOf(word, node));
  if (left === undefined || right === undefined || others.length > 0) {
    throw node.error('does not hold two leaves');
  }
  return { left, right };
}

function pick<Feature>(features: Feature[], word: string | undefined, tree: DocumentNode): Feature {
  const feature = features[integerOf(word ?? '', tree)];
  if (feature === undefined) throw tree.error('uses a feature that there is not');
  return feature;
}

function readHaarStump(tree: DocumentNode, features: HaarFeature[]): HaarStump {
  const [index, threshold] = stumpWords(tree, 4);
  return {
    feature: pick(features, index, tree),
    threshold: floatOf(threshold ?? '', tree),
    ...readLeaves(tree),
  };
}

function readLbpStump(tree: DocumentNode, cells: Rectangle[]): LbpStump {
  const [index, ...subset] = stumpWords(tree, 11);
  return {
    cell: pick(cells, index, tree),
    subset: subset.map((word) => integerOf(word, tree)),
    ...readLeaves(tree),
  };
}
