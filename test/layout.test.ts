import test from 'ava';
import { sourceFile, sourcesIn } from './support/imports.js';
import { layoutRules } from './support/layout-rules.js';

const files = sourcesIn(['core', 'edge', 'cloud-relay', 'console']);

/** For each rule a file that breaks it, as its path and its text. */
const PLANTED: Record<string, [path: string, text: string][]> = {
  'dependencies in core/ point downwards': [
    ['core/runtime/planted.ts', "import { a } from '../store/database.js';"],
    ['core/store/planted.ts', "import type { A } from '../http/app.js';"],
    ['core/planted/planted.ts', ''],
  ],
  'dependencies in core/detection/ point downwards': [
    ['core/detection/engine/planted.ts', "import { a } from '../worker/main.js';"],
    ['core/detection/onnx/planted.ts', "import { a } from '../worker/main.js';"],
    ['core/detection/catalog/planted.ts', "import { a } from '../pool/detection-pool.js';"],
  ],
  'dependencies in edge/ point downwards': [
    ['edge/store/planted.ts', "import type { A } from '../sightings/tracks.js';"],
    ['edge/pipeline/planted.ts', "import { a } from '../publishing/publisher.js';"],
    ['edge/publishing/planted.ts', "import { a } from '../uplink/uplink.js';"],
  ],
  'dependencies in cloud-relay/ point downwards': [
    ['cloud-relay/store/planted.ts', "import type { A } from '../ingest/ingest.js';"],
  ],
  'core/ knows neither program': [
    ['core/http/planted.ts', "import { a } from '../../edge/config.js';"],
  ],
  'the appliance does not know the relay': [
    ['edge/api/planted.ts', "import { a } from '../../cloud-relay/config.js';"],
  ],
  'the relay does not know the appliance': [
    ['cloud-relay/api/planted.ts', "import type { A } from '../../edge/config.js';"],
  ],
  'core/contract/ is pure: it imports zod and nothing else': [
    ['core/contract/planted.ts', "import { join } from 'node:path';"],
  ],
  'the console knows the types of core/contract/ and nothing else of the programs': [
    ['console/edge/planted.tsx', "import type { A } from '../../edge/config.js';"],
    ['console/edge/planted.ts', "import { nameSchema } from '../../core/contract/names.js';"],
  ],
  'only core/opencv/ knows the OpenCV addon': [
    ['edge/cameras/planted.ts', "const cv = await import('@u4/opencv4nodejs');"],
  ],
  'only core/detection/onnx/ knows ONNX Runtime': [
    ['core/detection/worker/planted.ts', "import type { Tensor } from 'onnxruntime-node';"],
  ],
  'edge/ holds main.ts, context.ts, config.ts and folders, nothing else': [['edge/planted.ts', '']],
  'cloud-relay/ holds main.ts, context.ts, config.ts and folders, nothing else': [
    ['cloud-relay/planted.ts', ''],
  ],
  'the process of edge/main.ts never loads OpenCV, ONNX Runtime, the engine, the decoder or a worker':
    [['edge/main.ts', "import { a } from '../core/opencv/opencv.js';"]],
  'the process of cloud-relay/main.ts never loads OpenCV, ONNX Runtime, the engine, the decoder or a worker':
    [['cloud-relay/main.ts', "import '../core/detection/worker/main.js';"]],
  'no import cycle, type imports included': [
    ['core/runtime/errors.ts', "import type { Lifecycle } from './lifecycle.js';"],
  ],
};

for (const rule of layoutRules) {
  test(rule.name, (t) => {
    t.deepEqual(rule.violations(files), []);
  });

  test(`a planted violation is found: ${rule.name}`, (t) => {
    const planted = PLANTED[rule.name] ?? [];
    t.true(planted.length > 0, 'each rule has a planted violation');
    const known = rule.violations(files);
    for (const [path, text] of planted) {
      const others = files.filter((file) => file.path !== path);
      const found = rule.violations([...others, sourceFile(path, text)]);
      t.true(
        found.some((violation) => !known.includes(violation)),
        path,
      );
    }
  });
}
