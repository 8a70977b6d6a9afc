import { join } from 'node:path';
import Database from 'better-sqlite3';
import { v7 as uuid } from 'uuid';

export interface StoredSightings {
  camera: string;
  label: string;
  /** When each began, in milliseconds since the epoch. */
  begins: number[];
  /** An image that shows them. */
  image: string;
  zone?: string;
}

/** Stores sightings that have ended into the database of an appliance, as if they had been seen. */
export function storeSightings(
  dataFolder: string,
  { camera, label, begins, image, zone = 'Door' }: StoredSightings,
): void {
  const db = new Database(join(dataFolder, 'edge.db'));
  const insert = db.prepare(`
    insert into sighting
      (id, camera, label, detector, state, started_at, last_seen_at, ended_at, left_at, best_image, confidence, zones, track)
    values (?, ?, ?, 'stop-sign', 'left', ?, ?, ?, ?, ?, ?, ?, ?)`);
  const count = db.prepare(`
    insert into sighting_hour (hour, camera, label, sightings) values (?, ?, ?, 1)
    on conflict (hour, camera, label) do update set sightings = sightings + 1`);
  const box = { x: 265, y: 95, width: 110, height: 110 };
  db.transaction(() => {
    for (const [i, began] of begins.entries()) {
      const ended = began + 20_000;
      const confidence = 0.5 + (i % 50) / 100;
      const best = { image, takenAt: began, box, score: null, neighbors: null, confidence };
      const track = {
        ...{ camera, label, detector: 'stop-sign', count: 3, box, best, zones: [zone] },
      };
      insert.run(
        ...[uuid({ msecs: began }), camera, label, began, ended, ended, ended, image, confidence],
        JSON.stringify([zone]),
        JSON.stringify(track),
      );
      count.run(Math.floor(began / 3_600_000), camera, label);
    }
  })();
  db.close();
}
