import type { Box } from '../../contract/detection.js';
import type { Candidate } from './candidate.js';
import { roundHalfEven, type Size } from './geometry.js';

/** Candidates that were merged into one box. */
export interface Group {
  box: Box;
  /** Number of candidates merged. */
  neighbors: number;
  /** The best of their scores. */
  score: number;
}

/** How far corners may lie apart, in parts of the boxes' sides. */
const EPS = 0.2;

/**
 * OpenCV's `groupRectangles` (objdetect, `cascadedetect.cpp`) with eps 0.2: candidates that are alike, directly or by
 * way of others, become their mean; means of no more than `minNeighbors` are dropped, and so are those inside a mean of
 * more. With 0 every candidate stands for itself. Boxes come in OpenCV's order, unclipped.
 */
export function groupCandidates(candidates: Candidate[], minNeighbors: number): Group[] {
  if (minNeighbors <= 0) {
    return candidates.map(({ score, ...box }) => ({ box, neighbors: 1, score }));
  }
  const groups = classesOf(candidates)
    .map(meanOf)
    .filter(({ neighbors }) => neighbors > minNeighbors);
  return groups.filter((group) => !groups.some((other) => other !== group && hides(other, group)));
}

/** Clips boxes to the image and drops those with nothing left, as OpenCV does after grouping. */
export function clipGroups(groups: Group[], image: Size): Group[] {
  return groups.flatMap((group) => {
    const { x, y, width, height } = group.box;
    const left = Math.max(x, 0);
    const top = Math.max(y, 0);
    const box = {
      x: left,
      y: top,
      width: Math.min(x + width, image.width) - left,
      height: Math.min(y + height, image.height) - top,
    };
    return box.width > 0 && box.height > 0 ? [{ ...group, box }] : [];
  });
}

/** The candidates' classes of likeness, in the order of each class's first member. */
export function classesOf(candidates: Candidate[]): Candidate[][] {
  const parent = candidates.map((_, i) => i);
  const rootOf = (i: number): number => {
    let root = i;
    for (let next = parent[root]; next !== undefined && next !== root; next = parent[root]) {
      parent[root] = parent[next] ?? next;
      root = next;
    }
    return root;
  };
  for (const [i, a] of candidates.entries()) {
    for (let j = 0; j < i; j++) {
      const b = candidates[j];
      // The lower place becomes the root, so that a root is its class's first member.
      if (b && alike(a, b)) {
        const [one, other] = [rootOf(i), rootOf(j)];
        parent[Math.max(one, other)] = Math.min(one, other);
      }
    }
  }
  const members = new Map<number, Candidate[]>();
  for (const [i, candidate] of candidates.entries()) {
    const root = rootOf(i);
    const others = members.get(root);
    if (others) others.push(candidate);
    else members.set(root, [candidate]);
  }
  return [...members.values()];
}

/** How far apart the sides of two boxes may be that are alike. */
export const likeness = (a: Box, b: Box): number =>
  EPS * (Math.min(a.width, b.width) + Math.min(a.height, b.height)) * 0.5;

function alike(a: Box, b: Box): boolean {
  const delta = likeness(a, b);
  return (
    Math.abs(a.x - b.x) <= delta &&
    Math.abs(a.y - b.y) <= delta &&
    Math.abs(a.x + a.width - b.x - b.width) <= delta &&
    Math.abs(a.y + a.height - b.y - b.height) <= delta
  );
}

/** The mean in single precision, rounded, as OpenCV computes it. */
export function meanOf(members: Candidate[]): Group {
  const share = Math.fround(1 / members.length);
  const mean = (side: keyof Box) => {
    const sum = members.reduce((total, member) => total + member[side], 0);
    return roundHalfEven(Math.fround(Math.fround(sum) * share));
  };
  return {
    box: { x: mean('x'), y: mean('y'), width: mean('width'), height: mean('height') },
    neighbors: members.length,
    score: Math.max(...members.map(({ score }) => score)),
  };
}

/** Whether `group` lies in `other`, give or take, and has much less behind it. */
function hides(other: Group, group: Group): boolean {
  const [inner, outer] = [group.box, other.box];
  const dx = roundHalfEven(outer.width * EPS);
  const dy = roundHalfEven(outer.height * EPS);
  return (
    inner.x >= outer.x - dx &&
    inner.y >= outer.y - dy &&
    inner.x + inner.width <= outer.x + outer.width + dx &&
    inner.y + inner.height <= outer.y + outer.height + dy &&
    (other.neighbors > Math.max(3, group.neighbors) || group.neighbors < 3)
  );
}
