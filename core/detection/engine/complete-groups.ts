import type { Box } from '../../contract/detection.js';
import type { Candidate } from './candidate.js';
import { classesOf, likeness, meanOf } from './group-candidates.js';
import { hasWidth, type Region, reaches } from './regions.js';

/** If a group is not complete after so many rounds, the whole image is searched. */
const MAX_ROUNDS = 4;

/** Finds the candidates that reach one of the regions, or all there are. */
export type RegionSearch = (regions?: Region[]) => Candidate[];

/**
 * The candidates that grouping needs so that groups with their centre in the regions come out as in the whole image. `found`
 * are those that reach the regions. Also searched for are those that merge with them, wherever they lie, and those whose
 * groups could hide theirs.
 */
export function completeGroups(
  found: Candidate[],
  regions: Region[],
  minNeighbors: number,
  search: RegionSearch,
): Candidate[] {
  const own = { found, searched: regions };
  const classes = completeClasses(own, regions, search);
  const centres = classes
    .filter(({ length }) => length > minNeighbors)
    .map((members) => centreOf(meanOf(members).box));
  if (centres.length === 0) return classes.flat();
  const withHiding = { found: extended(own, centres, search), searched: [...regions, ...centres] };
  return completeClasses(withHiding, withHiding.searched, search).flat();
}

/** What is known: all candidates that reach the regions searched. */
interface Known {
  found: Candidate[];
  searched: Region[];
}

/** The classes of likeness that reach a region, each to its last member. */
function completeClasses(known: Known, regions: Region[], search: RegionSearch): Candidate[][] {
  let { found, searched } = known;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const classes = classesIn(regions, found);
    const beyond = classes.flatMap((members) => around(members.filter((m) => isOpen(m, searched))));
    if (beyond.length === 0) return classes;
    found = extended({ found, searched }, beyond, search);
    searched = [...searched, ...beyond];
  }
  return classesIn(regions, search());
}

const classesIn = (regions: Region[], candidates: Candidate[]): Candidate[][] =>
  classesOf(candidates).filter((members) => members.some((one) => isIn(one, regions)));

const extended = ({ found, searched }: Known, beyond: Region[], search: RegionSearch) => [
  ...found,
  ...search(beyond).filter((candidate) => !isIn(candidate, searched)),
];

const isIn = (box: Box, regions: Region[]) => regions.some((region) => reaches(box, region));

/** Whether similar windows may lie outside of what was searched: no region holds all of them. */
function isOpen(box: Box, searched: Region[]): boolean {
  const delta = likeness(box, box);
  return !searched.some((region) => {
    const [across, down] = region.by === 'centre' ? [box.width / 2, box.height / 2] : [0, 0];
    return (
      hasWidth(region, box.width - 2 * delta) &&
      hasWidth(region, box.width + 2 * delta) &&
      box.x + across + delta < region.x + region.width &&
      box.x + box.width - across - delta > region.x &&
      box.y + down + delta < region.y + region.height &&
      box.y + box.height - down - delta > region.y
    );
  });
}

/** The region of all windows similar to these; none if there are no windows. */
function around(boxes: Box[]): Region[] {
  if (boxes.length === 0) return [];
  const margin = Math.max(...boxes.map((box) => likeness(box, box))) + 1;
  const least = (of: (box: Box) => number) => Math.min(...boxes.map(of)) - margin;
  const most = (of: (box: Box) => number) => Math.max(...boxes.map(of)) + margin;
  const across = (box: Box) => box.x + box.width / 2;
  const down = (box: Box) => box.y + box.height / 2;
  const [x, y] = [least(across), least(down)];
  const widths = {
    from: least(({ width }) => width - margin),
    to: most(({ width }) => width + margin),
  };
  return [{ by: 'centre', x, y, width: most(across) - x, height: most(down) - y, widths }];
}

/** What could hide a box reaches over its centre, and is not much smaller. */
const centreOf = ({ x, y, width, height }: Box): Region => ({
  by: 'part',
  x: x + width / 2,
  y: y + height / 2,
  width: 0,
  height: 0,
  widths: { from: width / 2, to: Number.POSITIVE_INFINITY },
});
