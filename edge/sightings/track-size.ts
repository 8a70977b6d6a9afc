import type { Box } from '../../core/contract/detection.js';
import { type Extent, scaled } from '../../core/detection/boxes.js';

/** Pictures whose ratios of width to height differ by more than this show the scene in another way. */
const SAME_RATIO = 0.1;

/** What of a track is in pixels of the picture that shows it. */
interface Position {
  box: Box;
  anchor: Box;
  size?: Extent;
}

/** A track whose position is known in the picture, or whose position in it is not known. */
export interface Placed<Track extends Position> {
  track: Track;
  isPlaced: boolean;
}

/**
 * Cameras change the size of their pictures, for example at night. A track follows: its boxes are scaled to the picture. If
 * the picture has been turned or cropped, a position in the last one means nothing in this one.
 */
export function placedIn<Track extends Position>(
  track: Track,
  size: Extent | undefined,
): Placed<Track> {
  const before = track.size;
  if (!size || !before || isEqual(before, size)) return { track, isPlaced: true };
  const ratio = (size.width * before.height) / (size.height * before.width);
  if (Math.abs(Math.log(ratio)) > SAME_RATIO) return { track, isPlaced: false };
  const follow = (box: Box) => scaled(box, before, size);
  return {
    track: { ...track, box: follow(track.box), anchor: follow(track.anchor), size },
    isPlaced: true,
  };
}

const isEqual = (a: Extent, b: Extent) => a.width === b.width && a.height === b.height;
