import type { DocumentNode } from './cascade-document.js';
import { MAX_TREE_NODES, UnsupportedFeature } from './cascade-limits.js';
import type { Branch, Tree } from './cascade-model.js';

/** A branch as a file has it: another node, by its place in the tree's list, or a leaf. */
export type ListedBranch = { node: number } | { leaf: number };

export interface ListedNode<Test> {
  test: Test;
  left: ListedBranch;
  right: ListedBranch;
}

/**
 * The tree below the first node of a list. OpenCV follows branches wherever they lead: a cycle never ends, and a node
 * that does not exist is read from outside of its tables. Throws `InvalidCascade` for both.
 */
export function linkTree<Test extends object>(
  nodes: ListedNode<Test>[],
  at: DocumentNode,
): Tree<Test> {
  const branches = nodes.map(({ left, right }) =>
    [left, right].flatMap((branch) => ('node' in branch ? [branch.node] : [])),
  );
  const parents = nodes.map(() => 0);
  for (const place of branches.flat()) {
    if (!nodes[place]) throw at.error(`refers to node ${place}, and has ${nodes.length}`);
    parents[place] = (parents[place] ?? 0) + 1;
  }
  refuseCycles(branches, parents, at);
  if (parents.some((count) => count > 1)) {
    throw new UnsupportedFeature('it has trees with branches that join again');
  }
  if (nodes.length > MAX_TREE_NODES) {
    throw new UnsupportedFeature(`it has a tree of more than ${MAX_TREE_NODES} nodes`);
  }
  const link = (branch: ListedBranch): Branch<Test> => {
    if ('leaf' in branch) return branch.leaf;
    const node = nodes[branch.node];
    if (!node) throw at.error('is empty');
    return { ...node.test, left: link(node.left), right: link(node.right) };
  };
  const root = link({ node: 0 });
  if (typeof root === 'number') throw at.error('is empty');
  return root;
}

/** Takes away nodes that no other leads to, until none is left or all that are left are on a cycle or behind one. */
function refuseCycles(branches: number[][], parents: number[], at: DocumentNode): void {
  const left = [...parents];
  const free = [...left.keys()].filter((place) => left[place] === 0);
  // The list grows while it is gone through.
  for (const place of free) {
    for (const child of branches[place] ?? []) {
      left[child] = (left[child] ?? 0) - 1;
      if (left[child] === 0) free.push(child);
    }
  }
  if (free.length < branches.length) throw at.error('has a cycle of nodes');
}
