import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import sharp from 'sharp';
import { type Box, MODEL_ENGINE, modelDefaults } from '../../../core/contract/detection.js';
import type { ReadyModel } from '../../../core/detection/catalog/detector-entry.js';
import { planAnalysis } from '../../../core/detection/catalog/plan-analysis.js';
import { loadShippedDetectors } from '../../../core/detection/catalog/shipped-detectors.js';
import {
  type AnalysisPlan,
  type AnalysisRequest,
  isCascade,
  type PlannedCascade,
  type PlannedModel,
} from '../../../core/detection/detection.js';
import { familyDefaults } from '../../../core/detection/model-families.js';
import { DetectionPool, type PoolOptions } from '../../../core/detection/pool/detection-pool.js';
import { silentLogger } from '../../../core/runtime/logger.js';
import { projectRoot } from '../../../core/runtime/project-root.js';

export const manifest = join(projectRoot(), 'cascades', 'manifest.yaml');

export const context = async () => ({
  entries: await loadShippedDetectors(manifest),
  defaultDetectors: ['stop-sign'],
  preparation: {},
  engines: ['opencv' as const, 'siteglass' as const],
});

/** A plan as a request with these fields gets it. */
export const planFor = async (fields: AnalysisRequest = {}) =>
  planAnalysis(fields, await context());

/** The cascades of a plan: all of its detectors, unless a test asked for a model. */
export const cascadesOf = ({ detectors }: AnalysisPlan): PlannedCascade[] =>
  detectors.filter(isCascade);

/** A model of a plan, with two labels. */
export const aModel = (more: Partial<PlannedModel> = {}): PlannedModel => ({
  id: 'street',
  file: '/nowhere/street.onnx',
  sha256: 'ab',
  engine: MODEL_ENGINE,
  parameters: modelDefaults,
  model: {
    ...{ family: 'yolox', width: 416, height: 416, ...familyDefaults.yolox },
    labels: ['person', 'car'],
  },
  ...more,
});

/** The same as the catalog has it. */
export const aReadyModel = (more: Partial<ReadyModel> = {}): ReadyModel => {
  const { id, file, sha256, parameters, model } = aModel();
  const { labels } = model;
  return {
    ...{ id, kind: 'onnx', status: 'ready', origin: 'operator', file, sha256, labels, parameters },
    model,
    ...more,
  };
};

/** A pool of one worker, unless told otherwise, that ends with the test. */
export async function startPool(t: ExecutionContext, options: Partial<PoolOptions> = {}) {
  const pool = new DetectionPool({ log: silentLogger(), workers: 1, ...options });
  t.teardown(() => pool.stop());
  await pool.start();
  return pool;
}

/** The process id of a pool's only worker. */
export function workerOf(pool: DetectionPool): number {
  const [pid] = pool.status().pids;
  if (pid === undefined) throw new Error('the pool has no ready worker');
  return pid;
}

export const plainImage = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#667788' } });

/** How far two boxes agree, as intersection over union. */
export function agreement(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a.width * a.height + b.width * b.height - width * height);
}
