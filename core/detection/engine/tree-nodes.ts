import type { Branch, Tree } from './cascade-model.js';

/** Whether a branch leads to another node. */
export const isNode = <Test>(branch: Branch<Test>): branch is Tree<Test> =>
  typeof branch !== 'number';

/** A tree's nodes in preorder: a node, those on its left, those on its right. */
export function nodesOf<Test>(tree: Tree<Test>): Tree<Test>[] {
  const below = [tree.left, tree.right].filter(isNode);
  return [tree, ...below.flatMap((branch) => nodesOf(branch))];
}

/** A tree's leaves from left to right. */
export const leavesOf = <Test>(branch: Branch<Test>): number[] =>
  isNode(branch) ? [...leavesOf(branch.left), ...leavesOf(branch.right)] : [branch];
