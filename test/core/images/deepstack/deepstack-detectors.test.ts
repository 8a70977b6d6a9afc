import test from 'ava';
import { type DetectorResource, searchDefaults } from '../../../../core/contract/detection.js';
import type { Planner } from '../../../../core/detection/detection.js';
import {
  detectorFor,
  faceDetector,
  modelNames,
} from '../../../../core/images/deepstack/deepstack-detectors.js';

const detector = (id: string, more: Partial<DetectorResource> = {}): DetectorResource => ({
  id,
  kind: 'cascade',
  labels: ['face'],
  status: 'ready',
  default: false,
  removable: false,
  parameters: searchDefaults,
  origin: 'operator',
  ...more,
});

const plannerOf = (detectors: DetectorResource[]): Planner => ({
  detectors: () => detectors,
  plan: () => {
    throw new Error('nothing is planned');
  },
});

test('faces are found by a model if there is one, otherwise by the cascade', (t) => {
  const model = detector('some-faces', { kind: 'onnx', family: 'yunet' });
  t.is(faceDetector(plannerOf([detector('face'), model])), 'some-faces');
  for (const status of ['available', 'refused'] as const)
    t.is(faceDetector(plannerOf([{ ...model, status }, detector('face')])), 'face');
  t.is(faceDetector(plannerOf([])), 'face');
});

test('only detectors that are ready are listed and meant', (t) => {
  const planner = plannerOf([
    detector('ipcam-general'),
    detector('later', { status: 'available' }),
    detector('broken', { status: 'refused', reason: 'it is broken' }),
  ]);
  t.deepEqual(modelNames(planner), ['ipcam-general']);
  for (const name of ['ipcam-general', 'IPcam-General', 'ipcam_general.pt', ' IPCAM GENERAL.onnx'])
    t.is(detectorFor(name, planner), 'ipcam-general', name);
  // The refusal names what was asked for.
  for (const name of ['Later', 'broken', 'nothing', 'ipcam.general'])
    t.is(detectorFor(name, planner), name);
});
