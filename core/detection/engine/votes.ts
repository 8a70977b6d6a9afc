import type { Branch, Stage } from './cascade-model.js';
import { isNode, leavesOf, nodesOf } from './tree-nodes.js';

/**
 * A stage in fixed point. A window's sum is `initial` plus the votes of the nodes that it reaches and where it turns
 * left. Above `margin` the window passes, below −`margin` it is rejected. Between them, fixed point is not exact
 * enough to decide.
 */
export interface StageVotes {
  initial: number;
  /** For each tree, one for each of its nodes in preorder. */
  votes: number[][];
  margin: number;
}

/**
 * Scales a stage so that no sum of its leaves reaches `bits` bits. What is certain of a node is its last leaf: the one
 * that a window comes to that turns right at every node. A left turn changes that leaf to another, by the node's vote.
 */
export function fixedPointVotes<Test>({ threshold, trees }: Stage<Test>, bits: number): StageVotes {
  const largest = trees.reduce(
    (sum, tree) => sum + Math.max(...leavesOf(tree).map(Math.abs)),
    Math.abs(threshold),
  );
  // Rounding adds up to half a unit a leaf, for which two bits are kept free at the top.
  const limit = 2 ** bits - 2 * trees.length;
  const scale = largest === 0 ? 1 : 2 ** Math.floor(Math.log2(limit / largest));
  const lastLeaf = (branch: Branch<Test>): number =>
    isNode(branch) ? lastLeaf(branch.right) : Math.round(branch * scale);
  return {
    initial: trees.reduce((sum, tree) => sum + lastLeaf(tree), -Math.round(threshold * scale)),
    votes: trees.map((tree) =>
      nodesOf(tree).map(({ left, right }) => lastLeaf(left) - lastLeaf(right)),
    ),
    margin: trees.length + 2,
  };
}
