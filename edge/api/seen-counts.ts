import type { EdgeEvents, RecordedSnapshot } from '../pipeline/edge-events.js';

/** Labels of one camera that are counted by name; further ones are counted as `other`. */
const MAX_LABELS = 64;
const OTHER = 'other';

type ByLabel = Map<string, number>;

interface Seen {
  detections: ByLabel;
  sightings: ByLabel;
  present: ByLabel;
  bytes: number;
}

/** What each camera sees, counted since the start for the metrics. Subscribes to `events`. */
export class SeenCounts {
  readonly #cameras = new Map<string, Seen>();

  constructor(events: EdgeEvents) {
    events.on('snapshotRecorded', (snapshot) => this.#count(snapshot));
    events.on('cameraRemoved', (camera) => this.#cameras.delete(camera));
  }

  /** By camera and label. */
  rows(of: 'detections' | 'sightings' | 'present'): [values: string[], number: number][] {
    return [...this.#cameras].flatMap(([camera, seen]) =>
      [...seen[of]].map(([label, number]): [string[], number] => [[camera, label], number]),
    );
  }

  bytes(): [camera: string, number: number][] {
    return [...this.#cameras].map(([camera, { bytes }]) => [camera, bytes]);
  }

  #count({ camera, analysis, events, tracks, bytes }: RecordedSnapshot): void {
    const seen = this.#cameras.get(camera) ?? {
      ...{ detections: new Map(), sightings: new Map(), present: new Map(), bytes: 0 },
    };
    this.#cameras.set(camera, seen);
    seen.bytes += bytes;
    for (const { label } of analysis.detections) add(seen.detections, label);
    for (const event of events)
      if (event.event_type === 'appeared') add(seen.sightings, event.label);
    // What was present stays listed with 0, so that a graph falls instead of ending.
    for (const label of seen.present.keys()) seen.present.set(label, 0);
    for (const { label, state } of tracks) if (state === 'present') add(seen.present, label);
  }
}

function add(counts: ByLabel, label: string): void {
  const known = counts.has(label) || counts.size < MAX_LABELS ? label : OTHER;
  counts.set(known, (counts.get(known) ?? 0) + 1);
}
