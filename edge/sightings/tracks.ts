import { type Box, type Detection, strongestFirst } from '../../core/contract/detection.js';
import type { Zone } from '../../core/contract/zone.js';
import { type Extent, overlap } from '../../core/detection/boxes.js';
import { namesOfZones } from '../../core/detection/zones.js';
import type { TrackingSettings } from './sighting-settings.js';
import { type Placed, placedIn } from './track-size.js';

/** The snapshot that shows an object best. Times are milliseconds since the epoch. */
export interface BestSnapshot {
  image: string;
  takenAt: number;
  box: Box;
  score: number | null;
  neighbors: number | null;
  confidence: number;
  /** False if there was no disk space for the picture. */
  stored?: false;
}

/** One object, tracked over snapshots. A `tentative` track is not confirmed yet. Stored as JSON: names are part of the schema. */
export interface Track {
  id: string;
  label: string;
  detector: string;
  state: 'tentative' | 'present' | 'static';
  /** The last position. */
  box: Box;
  /** Names of the zones that its centre has been in, in that order; absent in tracks of older versions. */
  zones?: string[];
  /** The position since `anchoredAt`. */
  anchor: Box;
  anchoredAt: number;
  /** Size of the picture that the position is in; absent in tracks of older versions. */
  size?: Extent;
  startedAt: number;
  lastSeenAt: number;
  /** Number of snapshots that show it. */
  count: number;
  best: BestSnapshot;
  /** Whether each of the last snapshots showed it, newest last; only for tentative tracks. */
  seen: boolean[];
  /** Number of consecutive snapshots that did not show it. */
  misses: number;
}

/** One analysed snapshot. */
export interface Frame {
  image: string;
  takenAt: number;
  detections: Detection[];
  /** Size of the picture. */
  size?: Extent;
  /** A part of the image is missing, so that what it does not show may still be there. */
  isPartial?: boolean;
  /** The camera's zones. */
  zones?: readonly Zone[];
  /** False if there was no disk space for the picture. */
  isStored?: boolean;
}

/** What one snapshot changes. */
export interface TrackUpdate {
  /** The tracks after it. */
  tracks: Track[];
  appeared: Track[];
  left: Track[];
}

/** Maximum number of tracks of one camera; further objects are ignored until others have left. */
export const MAX_TRACKS = 256;
/** Limit on the zones that are noted of one object. */
const MAX_ZONES_PASSED = 64;

/** Minimum intersection over union with its anchor for an object that has not moved. */
const STATIONARY_OVERLAP = 0.6;
/** A static object leaves after this many times the misses of others, since detectors miss it occasionally. */
const STATIC_LEAVE_FACTOR = 4;

/** Updates the tracks of a camera with one more snapshot. Pure: the arguments are not modified. */
export function advance(
  tracks: readonly Track[],
  frame: Frame,
  settings: TrackingSettings,
  newId: () => string,
): TrackUpdate {
  const placed = tracks.map((track) => placedIn(track, frame.size));
  const { matched, unmatched } = match(placed, frame.detections, settings.overlap);
  const updated = placed.map((one) => {
    const detection = matched.get(one.track);
    if (detection) return withDetection(one, detection, frame, settings);
    return frame.isPartial ? one.track : withMiss(one.track, settings);
  });
  const started = unmatched
    .slice(0, Math.max(0, MAX_TRACKS - tracks.length))
    .map((detection) => startTrack(detection, frame, newId()));
  const update: TrackUpdate = { tracks: [], appeared: [], left: [] };
  for (const track of [...updated, ...started]) {
    const confirmed = confirm(track, settings);
    if (track.state === 'tentative' && confirmed.state !== 'tentative')
      update.appeared.push(confirmed);
    if (!hasLeft(confirmed, settings)) update.tracks.push(confirmed);
    else if (confirmed.state !== 'tentative') update.left.push(confirmed);
  }
  return update;
}

/** The same track with its times moved. */
export const shifted = (track: Track, ms: number): Track => ({
  ...track,
  anchoredAt: track.anchoredAt + ms,
  startedAt: track.startedAt + ms,
  lastSeenAt: track.lastSeenAt + ms,
  best: { ...track.best, takenAt: track.best.takenAt + ms },
});

/** Whether an object may appear or leave with the next snapshots, so that they must be searched. */
export const hasPendingChange = (tracks: readonly Track[]): boolean =>
  tracks.some(({ state, misses }) => state === 'tentative' || misses > 0);

/**
 * Assigns detections to tracks of the same label and detector: greedily, by decreasing overlap. A track whose position is
 * not known may get any.
 */
function match(tracks: readonly Placed<Track>[], detections: Detection[], minOverlap: number) {
  const pairs = tracks.flatMap(({ track, isPlaced }) =>
    detections
      .filter((d) => d.label === track.label && d.detector === track.detector)
      .map((detection) => ({ track, detection, iou: overlap(track.box, detection.box) }))
      .filter(({ iou }) => !isPlaced || iou >= minOverlap),
  );
  pairs.sort((a, b) => b.iou - a.iou || a.track.startedAt - b.track.startedAt);
  const matched = new Map<Track, Detection>();
  const taken = new Set<Detection>();
  for (const { track, detection } of pairs)
    if (!matched.has(track) && !taken.has(detection)) {
      matched.set(track, detection);
      taken.add(detection);
    }
  const unmatched = detections.filter((detection) => !taken.has(detection));
  return { matched, unmatched: unmatched.sort(strongestFirst) };
}

const snapshotOf = (
  { box, score, neighbors, confidence }: Detection,
  { image, takenAt, isStored = true }: Frame,
): BestSnapshot => ({
  ...{ image, takenAt, box, score, neighbors, confidence },
  ...(!isStored && { stored: false }),
});

/** The zones that an object has been in, with those of its present position. */
function zonesPassed(before: readonly string[], detection: Detection, frame: Frame): string[] {
  const now = namesOfZones(frame.zones ?? [], detection, frame.size);
  return [...new Set([...before, ...now])].slice(0, MAX_ZONES_PASSED);
}

function startTrack(detection: Detection, frame: Frame, id: string): Track {
  const { takenAt, size } = frame;
  const { label, detector, box } = detection;
  return {
    id,
    label,
    detector,
    state: 'tentative',
    box,
    zones: zonesPassed([], detection, frame),
    anchor: box,
    anchoredAt: takenAt,
    ...(size && { size }),
    startedAt: takenAt,
    lastSeenAt: takenAt,
    count: 1,
    best: snapshotOf(detection, frame),
    seen: [true],
    misses: 0,
  };
}

function withDetection(
  { track, isPlaced }: Placed<Track>,
  detection: Detection,
  frame: Frame,
  settings: TrackingSettings,
): Track {
  const { takenAt, size } = frame;
  const { box } = detection;
  const snapshot = snapshotOf(detection, frame);
  const isStationary = isPlaced && overlap(track.anchor, box) >= STATIONARY_OVERLAP;
  // That the picture was turned does not move the object.
  const anchoredAt = isStationary || !isPlaced ? track.anchoredAt : takenAt;
  const isStatic = takenAt - anchoredAt >= settings.staticAfterSeconds * 1000;
  return {
    ...track,
    state: track.state === 'tentative' ? 'tentative' : isStatic ? 'static' : 'present',
    box,
    zones: zonesPassed(track.zones ?? [], detection, frame),
    anchor: isStationary ? track.anchor : box,
    anchoredAt,
    ...(size && { size }),
    // Snapshots of a folder may arrive out of order.
    startedAt: Math.min(track.startedAt, takenAt),
    lastSeenAt: Math.max(track.lastSeenAt, takenAt),
    count: track.count + 1,
    best: isBetter(snapshot, track.best) ? snapshot : track.best,
    seen: appendSeen(track, true, settings),
    misses: 0,
  };
}

const withMiss = (track: Track, settings: TrackingSettings): Track => ({
  ...track,
  seen: appendSeen(track, false, settings),
  misses: track.misses + 1,
});

const appendSeen = (
  { state, seen: previous }: Track,
  now: boolean,
  { within }: TrackingSettings,
) => (state === 'tentative' ? [...previous, now].slice(-within) : previous);

/** A tentative track is confirmed when M of the last N snapshots show it. */
function confirm(track: Track, { appearAfter }: TrackingSettings): Track {
  const seenCount = track.seen.filter(Boolean).length;
  if (track.state !== 'tentative' || seenCount < appearAfter) return track;
  return { ...track, state: 'present', seen: [] };
}

function hasLeft(
  { state, seen, misses }: Track,
  { leaveAfter, within, appearAfter }: TrackingSettings,
): boolean {
  // After this many consecutive misses, too few of the last N snapshots can show it.
  if (state === 'tentative') return !seen.includes(true) || misses > within - appearAfter;
  return misses >= leaveAfter * (state === 'static' ? STATIC_LEAVE_FACTOR : 1);
}

function isBetter(a: BestSnapshot, b: BestSnapshot): boolean {
  if (a.score !== null && b.score !== null && a.score !== b.score) return a.score > b.score;
  if (a.neighbors !== null && b.neighbors !== null) return a.neighbors > b.neighbors;
  return a.confidence > b.confidence;
}
