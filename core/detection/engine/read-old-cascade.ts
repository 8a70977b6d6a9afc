import type { DocumentNode } from './cascade-document.js';
import { CASCADE_LIMITS, stageThreshold, TreeCount, UnsupportedFeature } from './cascade-limits.js';
import type { HaarStump, Stage } from './cascade-model.js';
import type { Size } from './geometry.js';
import { readHaarFeature } from './read-features.js';

/**
 * The stages of a cascade in the form of OpenCV 1: each tree node carries its feature, and each stage names its
 * parent and the next. OpenCV goes through the stages in the order of the file whatever those say.
 */
export function readOldCascade(node: DocumentNode, window: Size): Stage<HaarStump>[] {
  const count = new TreeCount();
  return node
    .child('stages')
    .items(CASCADE_LIMITS.stages)
    .map((stage) => {
      const trees = stage.child('trees').items(CASCADE_LIMITS.stumps);
      count.add(trees.length, stage);
      return {
        threshold: stageThreshold(stage.child('stage_threshold').float()),
        stumps: trees.map((tree) => readStump(tree, window)),
      };
    });
}

function readStump(tree: DocumentNode, window: Size): HaarStump {
  const [node, ...others] = tree.items(CASCADE_LIMITS.stumps);
  if (node === undefined || others.length > 0)
    throw new UnsupportedFeature('its trees are deeper than one');
  return {
    feature: readHaarFeature(node.child('feature'), window),
    threshold: node.child('threshold').float(),
    left: node.child('left_val').float(),
    right: node.child('right_val').float(),
  };
}
