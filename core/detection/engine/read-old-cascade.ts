import type { DocumentNode } from './cascade-document.js';
import { CASCADE_LIMITS, NodeCount, stageThreshold } from './cascade-limits.js';
import type { HaarTest, Stage, Tree } from './cascade-model.js';
import type { Size } from './geometry.js';
import { type ListedBranch, linkTree } from './link-tree.js';
import { readHaarFeature } from './read-features.js';

/**
 * The stages of a cascade in the form of OpenCV 1: each tree node carries its feature, and each stage names its
 * parent and the next. OpenCV goes through the stages in the order of the file whatever those say.
 */
export function readOldCascade(node: DocumentNode, window: Size): Stage<HaarTest>[] {
  const count = new NodeCount();
  return node
    .child('stages')
    .items(CASCADE_LIMITS.stages)
    .map((stage) => {
      const trees = stage.child('trees').items(CASCADE_LIMITS.nodes);
      return {
        threshold: stageThreshold(stage.child('stage_threshold').float()),
        trees: trees.map((tree) => readTree(tree, window, count)),
      };
    });
}

function readTree(tree: DocumentNode, window: Size, count: NodeCount): Tree<HaarTest> {
  const nodes = tree.items(CASCADE_LIMITS.nodes);
  count.add(nodes.length, tree);
  return linkTree(
    nodes.map((node) => ({
      test: {
        feature: readHaarFeature(node.child('feature'), window),
        threshold: node.child('threshold').float(),
      },
      left: readBranch(node, 'left'),
      right: readBranch(node, 'right'),
    })),
    tree,
  );
}

/** A leaf has precedence where a node has both. The first node is never a branch: OpenCV takes its number for a leaf. */
function readBranch(node: DocumentNode, side: 'left' | 'right'): ListedBranch {
  const leaf = node.find(`${side}_val`);
  if (leaf) return { leaf: leaf.float() };
  const next = node.child(`${side}_node`);
  const place = next.integer();
  if (place < 1) throw next.error(`holds ${place}, where the number of another node is expected`);
  return { node: place };
}
