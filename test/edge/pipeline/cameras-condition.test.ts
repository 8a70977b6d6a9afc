import test from 'ava';
import type { CameraState } from '../../../edge/cameras/camera-status.js';
import { camerasCondition } from '../../../edge/pipeline/cameras-condition.js';

const cameras = (states: Record<string, CameraState>) =>
  Object.entries(states).map(([id, state]) => ({ id, state }));

test('cameras that run, start or are paused are no reason', (t) => {
  const condition = camerasCondition(cameras({ a: 'online', b: 'starting', c: 'paused' }));
  t.deepEqual(condition, { reasons: [], cameras: { online: 1, total: 3, offline: [] } });
});

test('every camera that is not as it should be is named, by what is wrong', (t) => {
  const states = cameras({ a: 'offline', b: 'online', c: 'frozen', d: 'stale', e: 'offline' });
  t.deepEqual(camerasCondition(states).reasons, [
    '2 of 5 cameras are offline: a, e',
    '1 of 5 cameras send the same picture again and again: c',
    '1 of 5 cameras have sent no new picture: d',
  ]);
});

test('of very many cameras some are named, and the others counted', (t) => {
  const states = Array.from({ length: 256 }, (_, i) => ({ id: `c${i}`, state: 'stale' as const }));
  const [reason = ''] = camerasCondition(states).reasons ?? [];
  t.regex(reason, /^256 of 256 cameras have sent no new picture: c0, .*, c63, and 192 more$/);
});
