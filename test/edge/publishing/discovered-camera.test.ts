import test from 'ava';
import type { DetectorResource } from '../../../core/contract/detection.js';
import { modelDefaults, searchDefaults } from '../../../core/contract/detection.js';
import { COCO_LABELS, USUAL_COCO_LABELS } from '../../../core/detection/catalog/coco-labels.js';
import { parseConfiguration } from '../../../core/runtime/configuration.js';
import { edgeConfigSchema } from '../../../edge/config.js';
import { discoveredCamera } from '../../../edge/publishing/discovered-camera.js';

const cascade = (id: string, label: string): DetectorResource => ({
  ...{
    id,
    kind: 'cascade',
    label,
    labels: [label],
    status: 'ready',
    default: false,
    removable: false,
  },
  ...{ parameters: searchDefaults, origin: 'siteglass' },
});
const model = (
  id: string,
  labels: readonly string[],
  usual?: readonly string[],
): DetectorResource => ({
  ...{ id, kind: 'onnx', labels: [...labels], status: 'ready', default: false, removable: false },
  ...{ parameters: modelDefaults, origin: 'operator' },
  ...(usual && { usualLabels: [...usual] }),
});
const detectors = [
  cascade('stop-sign', 'stop sign'),
  cascade('stop-sign-lbp', 'stop sign'),
  cascade('cat-face', 'cat face'),
  model('yolox-nano', COCO_LABELS, USUAL_COCO_LABELS),
  model('gate', ['Lastwagen (groß)', 'Lastwagen – groß', '停']),
];

const labelsOf = (camera: string) => {
  const config = parseConfiguration(
    edgeConfigSchema,
    `cameras: [{ id: gate, kind: push, ${camera} }]`,
    'test.yaml',
  );
  const [first] = config.cameras;
  if (!first) throw new Error('no camera');
  const planner = {
    detectors: () => detectors,
    plan: () => {
      throw new Error('not planned');
    },
  };
  return discoveredCamera(first, config, planner).labels;
};

test("a camera's labels for Home Assistant are those that it is configured for", (t) => {
  t.deepEqual(labelsOf('detectors: [yolox-nano, stop-sign], labels: [traffic light, stop sign]'), [
    { slug: 'traffic-light', label: 'traffic light' },
    { slug: 'stop-sign', label: 'stop sign' },
  ]);
});

test('without them they are all labels of its detectors, each once, named after its first cascade', (t) => {
  t.deepEqual(labelsOf('detectors: [stop-sign, stop-sign-lbp, cat-face]'), [
    { slug: 'stop-sign', label: 'stop sign' },
    { slug: 'cat-face', label: 'cat face' },
  ]);
});

test('of more than 16 labels they are the usual ones', (t) => {
  t.deepEqual(
    labelsOf('detectors: [yolox-nano, cat-face]').map(({ label }) => label),
    ['cat face', ...USUAL_COCO_LABELS],
  );
});

test('labels in any writing get names for ids that differ', (t) => {
  const labels = labelsOf('detectors: [gate]');
  t.is(labels[0]?.slug, 'lastwagen-gro');
  t.is(new Set(labels.map(({ slug }) => slug)).size, 3);
  for (const { slug } of labels) t.regex(slug, /^[a-z0-9][a-z0-9-]*$/);
});
