import { areaOf, sharedArea } from '../boxes.js';
import { byConfidence, type Candidate } from './candidate.js';
import type { PicturePart } from './placement.js';

/** The part of a tile's side that the next tile has as well. */
const OVERLAP = 0.2;
/** A box that ends this close to a tile's edge, as a part of the tile's side, is cut there. */
const NEAR = 0.01;
/** A cut box with more than this part of it in another of the same label is a part of that one. */
const SAME_OBJECT = 0.6;
/** Two cut boxes are halves of one object if they agree this far along the edge between them. */
const SAME_EXTENT = 0.5;

/** Parts of a picture that overlap, row by row. */
export function tileParts(
  { width, height }: { width: number; height: number },
  columns: number,
  rows: number,
): PicturePart[] {
  const across = spans(width, columns);
  return spans(height, rows).flatMap(([y, bottom]) =>
    across.map(([x, right]) => ({ x, y, width: right - x, height: bottom - y })),
  );
}

/** Whole pixels, so that the same tile has the same pixels whatever the others are. */
function spans(length: number, count: number): [number, number][] {
  const size = length / (count - (count - 1) * OVERLAP);
  return Array.from({ length: count }, (_, i) => {
    const start = Math.floor(i * size * (1 - OVERLAP));
    const end = i === count - 1 ? length : Math.ceil(i * size * (1 - OVERLAP) + size);
    return [start, Math.max(start + 1, Math.min(length, end))];
  });
}

/**
 * The tiles to search next, of those without finds: first the ones that a region touches; then the neighbours into which an
 * object reaches that a searched one has a part of. Without regions all of them.
 */
export function tilesToSearch(
  parts: PicturePart[],
  finds: TileFinds[],
  regions: PicturePart[] | undefined,
  picture: { width: number; height: number },
): PicturePart[] {
  const open = parts.filter((part) => !finds.some((find) => find.part === part));
  if (!regions) return open;
  if (finds.length === 0)
    return open.filter((part) => regions.some((region) => touches(part, region)));
  const reaching = finds.flatMap(({ part, found }) =>
    found.filter((box) => Object.values(cutsOf(box, part, picture)).includes(true)),
  );
  return open.filter((part) => reaching.some((box) => touches(part, box)));
}

const touches = (a: PicturePart, b: PicturePart): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** What was found in one tile, in pixels of the picture. */
export interface TileFinds {
  part: PicturePart;
  found: Candidate[];
}

/**
 * Joins what a border cut: halves in two tiles become one box, and the part of an object that another tile has more of is
 * left out. What two tiles have whole is left to the suppression of overlaps.
 */
export function joinTiles(
  tiles: TileFinds[],
  picture: { width: number; height: number },
): Candidate[] {
  const pieces = tiles
    .flatMap(({ part, found }) =>
      found.map((box): Piece => ({ box, cut: cutsOf(box, part, picture) })),
    )
    .sort((a, b) => byConfidence(a.box, b.box));
  const joined = joinHalves(pieces);
  return joined.filter((piece) => !isPartOfAnother(piece, joined)).map(({ box }) => box);
}

interface Piece {
  box: Candidate;
  /** The edges of its tile, within the picture, that it ends at. */
  cut: Cuts;
}

type Cuts = Record<'left' | 'right' | 'top' | 'bottom', boolean>;

function cutsOf(
  box: Candidate,
  part: PicturePart,
  picture: { width: number; height: number },
): Cuts {
  const [across, down] = [part.width * NEAR, part.height * NEAR];
  const [right, bottom] = [part.x + part.width, part.y + part.height];
  return {
    left: part.x > 0 && box.x <= part.x + across,
    right: right < picture.width && box.x + box.width >= right - across,
    top: part.y > 0 && box.y <= part.y + down,
    bottom: bottom < picture.height && box.y + box.height >= bottom - down,
  };
}

const isCut = ({ cut }: Piece) => cut.left || cut.right || cut.top || cut.bottom;

/** Until nothing can be joined: an object may cross several borders. */
function joinHalves(pieces: Piece[]): Piece[] {
  const rest = [...pieces];
  for (let i = 0; i < rest.length; i++) {
    const piece = rest[i];
    if (!piece || !isCut(piece)) continue;
    const other = rest.findIndex((candidate, k) => k > i && areHalves(piece, candidate));
    const half = rest[other];
    if (!half) continue;
    rest[i] = together(piece, half);
    rest.splice(other, 1);
    // Both are another box now, which may meet a piece that was passed.
    i = -1;
  }
  return rest;
}

function areHalves(a: Piece, b: Piece): boolean {
  if (a.box.classIndex !== b.box.classIndex || sharedArea(a.box, b.box) === 0) return false;
  const isAcross =
    (a.cut.right && b.cut.left && a.box.x <= b.box.x) ||
    (a.cut.left && b.cut.right && b.box.x <= a.box.x);
  const isDown =
    (a.cut.bottom && b.cut.top && a.box.y <= b.box.y) ||
    (a.cut.top && b.cut.bottom && b.box.y <= a.box.y);
  return (
    (isAcross &&
      agreement(a.box.y, a.box.height, b.box.y, b.box.height, isCutDown(a) || isCutDown(b)) >
        SAME_EXTENT) ||
    (isDown &&
      agreement(a.box.x, a.box.width, b.box.x, b.box.width, isCutAcross(a) || isCutAcross(b)) >
        SAME_EXTENT)
  );
}

const isCutDown = ({ cut }: Piece) => cut.top || cut.bottom;
const isCutAcross = ({ cut }: Piece) => cut.left || cut.right;

/** How far two extents agree, 0 to 1: of their union, or of the shorter one if one of them is cut. */
function agreement(
  from: number,
  length: number,
  otherFrom: number,
  otherLength: number,
  ofShorter: boolean,
): number {
  const shared = Math.min(from + length, otherFrom + otherLength) - Math.max(from, otherFrom);
  if (shared <= 0) return 0;
  return shared / (ofShorter ? Math.min(length, otherLength) : length + otherLength - shared);
}

function together(a: Piece, b: Piece): Piece {
  const [x, y] = [Math.min(a.box.x, b.box.x), Math.min(a.box.y, b.box.y)];
  const right = Math.max(a.box.x + a.box.width, b.box.x + b.box.width);
  const bottom = Math.max(a.box.y + a.box.height, b.box.y + b.box.height);
  // An edge of the joined box is cut if the half that reaches it is.
  const at = (edge: keyof Cuts, of: (box: Candidate) => number) =>
    of(a.box) >= of(b.box) ? a.cut[edge] : b.cut[edge];
  return {
    box: {
      x,
      y,
      width: right - x,
      height: bottom - y,
      classIndex: a.box.classIndex,
      confidence: Math.max(a.box.confidence, b.box.confidence),
    },
    cut: {
      left: at('left', (box) => -box.x),
      right: at('right', (box) => box.x + box.width),
      top: at('top', (box) => -box.y),
      bottom: at('bottom', (box) => box.y + box.height),
    },
  };
}

function isPartOfAnother(piece: Piece, pieces: Piece[]): boolean {
  if (!isCut(piece)) return false;
  const area = areaOf(piece.box);
  return pieces.some(
    (other) =>
      other !== piece &&
      other.box.classIndex === piece.box.classIndex &&
      areaOf(other.box) > area &&
      sharedArea(other.box, piece.box) > SAME_OBJECT * area,
  );
}
