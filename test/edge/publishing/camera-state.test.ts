import test from 'ava';
import type { Zone } from '../../../core/contract/zone.js';
import { cameraState } from '../../../edge/publishing/camera-state.js';
import type { Track } from '../../../edge/sightings/tracks.js';

const left: Zone['points'] = [
  [0, 0],
  [0.5, 0],
  [0.5, 1],
  [0, 1],
];
const right: Zone['points'] = [
  [0.5, 0],
  [1, 0],
  [1, 1],
  [0.5, 1],
];

const track = (label: string, x: number, more: Partial<Track> = {}): Track =>
  ({ label, state: 'present', box: { x, y: 10, width: 20, height: 20 }, ...more }) as Track;

const stateOf = (zones: Zone[], tracks: Track[]) =>
  cameraState({
    ...{ id: '01a20665-0b1c-74f1-a44c-1376fce3fad5', takenAt: 0, detections: [], url: null },
    ...{ width: 200, height: 100, zones, tracks },
  });

test('the state of a camera has the present objects in each zone, by label', (t) => {
  const zones: Zone[] = [
    { name: 'door', kind: 'include', points: left },
    { kind: 'include', points: right, labels: ['car'] },
    { name: 'hedge', kind: 'mask', points: left },
  ];
  const tracks = [
    track('person', 10),
    track('person', 60),
    track('person', 150),
    track('car', 150),
    track('car', 20, { state: 'static' }),
    track('cat', 20, { state: 'tentative' }),
    // Its picture was twice as large.
    track('cat', 150, { size: { width: 400, height: 200 } }),
  ];
  const { zones: inZones, occupied, present } = stateOf(zones, tracks);
  t.deepEqual(inZones, { door: { person: 2, cat: 1 }, 'zone 2': { car: 1 } });
  t.true(occupied);
  t.deepEqual(present, { person: 3, car: 1, cat: 1 });
});

test('zones of the same name are one, and an object in both counts once', (t) => {
  const zone: Zone = { name: 'door', kind: 'include', points: left };
  t.deepEqual(stateOf([zone, zone], [track('person', 10)]).zones, { door: { person: 1 } });
  t.deepEqual(stateOf([], [track('person', 10)]).zones, {});
  t.deepEqual(stateOf([zone], []).zones, { door: {} });
});
