import type { Box, Detection } from '../../core/contract/detection.js';
import { overlap } from '../../core/detection/boxes.js';
import type { TrackingSettings } from './sighting-settings.js';

/** The snapshot that shows an object best. Times are milliseconds since the epoch. */
export interface Best {
  image: string;
  takenAt: number;
  box: Box;
  score: number | null;
  neighbors: number;
}

/** One object as it is followed from snapshot to snapshot. `tentative` ones may yet turn out to be nothing. */
export interface Track {
  id: string;
  label: string;
  detector: string;
  state: 'tentative' | 'present' | 'static';
  /** Where it was seen last, and where it has stood since `anchoredAt`. */
  box: Box;
  anchor: Box;
  anchoredAt: number;
  startedAt: number;
  lastSeenAt: number;
  /** Snapshots that show it. */
  count: number;
  best: Best;
  /** Whether each of the last snapshots showed it, newest last; only of tentative ones. */
  seen: boolean[];
  /** Snapshots in a row that did not show it. */
  misses: number;
}

/** One analysed snapshot. */
export interface Frame {
  image: string;
  takenAt: number;
  detections: Detection[];
}

export interface Step {
  /** What is followed from now on. */
  tracks: Track[];
  appeared: Track[];
  left: Track[];
}

/** Objects followed at one camera; beyond it new ones are left aside until others have left. */
export const MAX_TRACKS = 256;

/** An object whose box overlaps with its old place by this much has not moved. */
const STILL = 0.6;
/** What has long stood there is missed by a detector now and then: it gets so many times the misses of others. */
const STATIC_PATIENCE = 4;

/** What one more snapshot makes of the objects at a camera. Pure: nothing that is passed in is changed. */
export function advance(
  tracks: readonly Track[],
  frame: Frame,
  settings: TrackingSettings,
  newId: () => string,
): Step {
  const { matched, unmatched } = match(tracks, frame.detections, settings.overlap);
  const moved = tracks.map((track) => {
    const detection = matched.get(track);
    return detection ? seen(track, detection, frame, settings) : missed(track, settings);
  });
  const begun = unmatched
    .slice(0, Math.max(0, MAX_TRACKS - tracks.length))
    .map((detection) => begin(detection, frame, newId()));
  const step: Step = { tracks: [], appeared: [], left: [] };
  for (const track of [...moved, ...begun]) {
    const confirmed = confirm(track, settings);
    if (track.state === 'tentative' && confirmed.state !== 'tentative')
      step.appeared.push(confirmed);
    if (!isGone(confirmed, settings)) step.tracks.push(confirmed);
    else if (confirmed.state !== 'tentative') step.left.push(confirmed);
  }
  return step;
}

/** Whether something is about to appear or to leave, so that the next snapshot matters. */
export const isUnsettled = (tracks: readonly Track[]): boolean =>
  tracks.some(({ state, misses }) => state === 'tentative' || misses > 0);

/** Pairs tracks with detections of their label, those that overlap most first: the greedy assignment. */
function match(tracks: readonly Track[], detections: Detection[], least: number) {
  const pairs = tracks.flatMap((track) =>
    detections
      .filter((d) => d.label === track.label && d.detector === track.detector)
      .map((detection) => ({ track, detection, shared: overlap(track.box, detection.box) }))
      .filter(({ shared }) => shared >= least),
  );
  pairs.sort((a, b) => b.shared - a.shared || a.track.startedAt - b.track.startedAt);
  const matched = new Map<Track, Detection>();
  const taken = new Set<Detection>();
  for (const { track, detection } of pairs)
    if (!matched.has(track) && !taken.has(detection)) {
      matched.set(track, detection);
      taken.add(detection);
    }
  const unmatched = detections.filter((detection) => !taken.has(detection));
  return { matched, unmatched: unmatched.sort((a, b) => b.neighbors - a.neighbors) };
}

function begin(detection: Detection, { image, takenAt }: Frame, id: string): Track {
  const { label, detector, box, score, neighbors } = detection;
  return {
    id,
    label,
    detector,
    state: 'tentative',
    box,
    anchor: box,
    anchoredAt: takenAt,
    startedAt: takenAt,
    lastSeenAt: takenAt,
    count: 1,
    best: { image, takenAt, box, score, neighbors },
    seen: [true],
    misses: 0,
  };
}

function seen(
  track: Track,
  detection: Detection,
  { image, takenAt }: Frame,
  settings: TrackingSettings,
): Track {
  const { box, score, neighbors } = detection;
  const candidate: Best = { image, takenAt, box, score, neighbors };
  const stands = overlap(track.anchor, box) >= STILL;
  const anchoredAt = stands ? track.anchoredAt : takenAt;
  const isStatic = takenAt - anchoredAt >= settings.staticAfterSeconds * 1000;
  return {
    ...track,
    state: track.state === 'tentative' ? 'tentative' : isStatic ? 'static' : 'present',
    box,
    anchor: stands ? track.anchor : box,
    anchoredAt,
    // A snapshot from a folder may be older than the one before it.
    startedAt: Math.min(track.startedAt, takenAt),
    lastSeenAt: Math.max(track.lastSeenAt, takenAt),
    count: track.count + 1,
    best: isBetter(candidate, track.best) ? candidate : track.best,
    seen: remembered(track, true, settings),
    misses: 0,
  };
}

const missed = (track: Track, settings: TrackingSettings): Track => ({
  ...track,
  seen: remembered(track, false, settings),
  misses: track.misses + 1,
});

const remembered = ({ state, seen: before }: Track, now: boolean, { within }: TrackingSettings) =>
  state === 'tentative' ? [...before, now].slice(-within) : before;

/** M of the last N snapshots show it. */
function confirm(track: Track, { appearAfter }: TrackingSettings): Track {
  const hits = track.seen.filter(Boolean).length;
  if (track.state !== 'tentative' || hits < appearAfter) return track;
  return { ...track, state: 'present', seen: [] };
}

function isGone(
  { state, seen: hits, misses }: Track,
  { leaveAfter, within, appearAfter }: TrackingSettings,
): boolean {
  // So many misses in a row leave too few of the last N to be hits.
  if (state === 'tentative') return !hits.includes(true) || misses > within - appearAfter;
  return misses >= leaveAfter * (state === 'static' ? STATIC_PATIENCE : 1);
}

function isBetter(a: Best, b: Best): boolean {
  if (a.score !== null && b.score !== null && a.score !== b.score) return a.score > b.score;
  return a.neighbors > b.neighbors;
}
