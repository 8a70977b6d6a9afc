import test from 'ava';
import { edgeRuleSchema } from '../../../core/contract/notification.js';
import type { CameraState, CameraStatus } from '../../../edge/cameras/camera-status.js';
import {
  type ConditionParts,
  edgeConditions,
} from '../../../edge/notifications/edge-conditions.js';
import { StillThere } from '../../../edge/notifications/still-there.js';
import type { Track } from '../../../edge/sightings/tracks.js';

const aRule = (when: string, more: object = {}) =>
  edgeRuleSchema.parse({ id: 'rule', when, ways: ['a'], ...more });

const aStatus = (id: string, state: CameraState, pictureAgeSeconds = 0) =>
  ({ id, name: undefined, state, pictureAgeSeconds, lastError: null }) as CameraStatus;

const parts = (more: Partial<ConditionParts> = {}): ConditionParts => ({
  site: 'north',
  statuses: () => [],
  disk: {
    writeFailure: undefined,
    isSpent: async () => false,
    freeBytes: async () => 5e9,
    reserveBytes: 1e9,
  },
  relayProblem: async () => undefined,
  hasRelay: true,
  backlog: async () => 0,
  wall: () => Date.parse('2026-11-27T10:00:00Z'),
  ...more,
});

/** What a condition is, by what it is about. */
async function look(when: string, more: Partial<ConditionParts> = {}, rule: object = {}) {
  const source = edgeConditions(parts(more)).find((one) => one.when === when);
  const found = (await source?.conditions(aRule(when, rule))) ?? [];
  return found.map(({ id, state, happening }) => [id, state, happening.text]);
}

test('a camera that starts or is paused is neither offline nor online', async (t) => {
  const states = ['offline', 'starting', 'paused', 'online', 'frozen'] as const;
  const found = await look('camera_offline', {
    statuses: () => states.map((state) => aStatus(state, state)),
  });
  t.deepEqual(
    found.map(([id, state]) => [id, state]),
    [
      ['offline', 'problem'],
      ['starting', 'unknown'],
      ['paused', 'unknown'],
      ['online', 'ok'],
      ['frozen', 'ok'],
    ],
  );
});

test('no new picture is counted by the time in which one was expected', async (t) => {
  const statuses = () => [aStatus('a', 'frozen', 599), aStatus('b', 'frozen', 600)];
  t.deepEqual(
    (await look('no_picture', { statuses })).map(([, state]) => state),
    ['ok', 'problem'],
  );
  const [first] = await look('no_picture', { statuses }, { afterMinutes: 5 });
  t.is(first?.[1], 'problem');
  t.regex(first?.[2] ?? '', /no new picture for 10 min: it sends the same picture/);
});

test('disk, relay and backlog are told with what is wrong', async (t) => {
  t.is((await look('disk'))[0]?.[1], 'ok');
  const disk = parts().disk;
  const full = { disk: { ...disk, freeBytes: async () => 1e8 } };
  t.deepEqual(await look('disk', full), [['disk', 'problem', '100 MB are free on the disk']]);
  t.is((await look('disk', {}, { threshold: 6_000 }))[0]?.[1], 'problem');
  const failed = { disk: { ...disk, writeFailure: 'the disk cannot be written' } };
  t.is((await look('disk', failed))[0]?.[2], 'the disk cannot be written');
  const away = { relayProblem: async () => 'the broker is not connected' };
  t.is((await look('relay_away', away))[0]?.[1], 'problem');
  t.is((await look('relay_away', { ...away, hasRelay: false }))[0]?.[1], 'ok');
  const backlog = { backlog: async () => 1_000 };
  t.is((await look('backlog', backlog))[0]?.[2], '1000 summaries wait for the relay');
  t.is((await look('backlog', backlog, { threshold: 1_001 }))[0]?.[1], 'ok');
});

test('an object is still there by the times of its snapshots, in the zones that it has been in', async (t) => {
  const track = (id: string, seconds: number, state: Track['state'] = 'present') => ({
    ...{ id, label: 'car', state, startedAt: 0, lastSeenAt: seconds * 1_000, zones: ['Drive'] },
    best: { image: 'best', confidence: 0.9 },
  });
  const tracks = [track('new', 599), track('old', 720, 'static'), track('x', 900, 'tentative')];
  const source = new StillThere('north', { all: [{ id: 'gate', name: 'Gate' }] } as never, {
    tracksOf: () => tracks as Track[],
  });
  const found = await source.conditions(aRule('still_there'));
  t.deepEqual(
    found.map(({ id, state }) => [id, state]),
    [
      ['new', 'ok'],
      ['old', 'problem'],
    ],
  );
  t.is(found[1]?.happening.text, 'car (90 %) still there after 12 min at Gate in Drive');
  t.like(found[1]?.happening, { camera: 'gate', sighting: 'old', image: 'best' });
});
