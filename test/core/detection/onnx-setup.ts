import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import sharp from 'sharp';
import type { ModelParameters, Preparation } from '../../../core/contract/detection.js';
import type {
  AnalysisPlan,
  ModelDescription,
  PlannedModel,
} from '../../../core/detection/detection.js';
import type { ModelFile } from '../../../core/detection/protocol.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** A model as a file. */
export async function modelFile(t: ExecutionContext, bytes: Buffer): Promise<ModelFile> {
  const file = join(await temporaryFolder(t), 'model.onnx');
  await writeFile(file, bytes);
  return { file, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** As catalog and planner have it. */
export const plannedModel = (
  file: ModelFile,
  model: ModelDescription,
  parameters: Partial<ModelParameters> = {},
): PlannedModel => ({
  id: 'model',
  engine: 'onnxruntime',
  ...file,
  model,
  parameters: { minConfidence: 0.35, maxOverlap: 0.45, minSize: 1, maxSize: 0, ...parameters },
});

export const planWith = (
  detectors: AnalysisPlan['detectors'],
  preparation: Partial<Preparation> = {},
): AnalysisPlan => ({
  detectors,
  preparation: { workingSize: 1280, orientations: [0], ...preparation },
});

/** What `squareModel` takes; its classes are the channels. */
export const squareDescription = (width: number, height = width): ModelDescription => ({
  family: 'yolov8',
  width,
  height,
  channels: 'rgb',
  mean: [0, 0, 0],
  scale: [1 / 255, 1 / 255, 1 / 255],
  letterbox: { align: 'centre', fill: 114 },
  labels: ['red', 'green', 'blue'],
});

export interface Square {
  left: number;
  top: number;
  width: number;
  height: number;
  colour?: string;
}

/** A dark picture with bright rectangles. */
export const squares = (width: number, height: number, ...rectangles: Square[]) =>
  sharp({ create: { width, height, channels: 3, background: '#202020' } }).composite(
    rectangles.map(({ left, top, colour = '#ff3030', ...size }) => ({
      input: { create: { ...size, channels: 3, background: colour } },
      left,
      top,
    })),
  );
