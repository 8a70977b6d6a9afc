import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import {
  cascadeEngineSchema,
  modelDefaults,
  searchDefaults,
  searchParametersSchema,
} from '../../contract/detection.js';
import { labelSchema, nameSchema } from '../../contract/names.js';
import { openCvPackage } from '../../opencv/opencv-package.js';
import { loadConfiguration } from '../../runtime/configuration.js';
import { familyDefaults } from '../model-families.js';
import type { AvailableModel, DetectorEntry } from './detector-entry.js';
import { modelShape, usualOf } from './model-description.js';

const side = z.int().min(1);
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

const shippedCascadeSchema = z.strictObject({
  id: nameSchema,
  kind: z.literal('cascade'),
  label: labelSchema,
  origin: z.enum(['siteglass', 'opencv']),
  file: z.string().min(1),
  sha256: sha256Schema,
  features: z.enum(['haar', 'lbp']),
  engine: cascadeEngineSchema,
  window: z.strictObject({ width: side, height: side }),
  source: z.string().min(1),
  licence: z.string().min(1),
  parameters: searchParametersSchema.partial().default({}),
});
type ShippedCascade = z.infer<typeof shippedCascadeSchema>;

const listedModelSchema = z.strictObject({
  id: nameSchema,
  kind: z.literal('onnx'),
  url: z.url({ protocol: /^https?$/ }),
  bytes: z.int().min(1),
  sha256: sha256Schema,
  source: z.string().min(1),
  licence: z.string().min(1),
  family: modelShape.family,
  input: modelShape.input,
  labels: modelShape.labels,
  usualLabels: modelShape.usualLabels.optional(),
  parameters: modelShape.parameters.default({}),
});
type ListedModel = z.infer<typeof listedModelSchema>;

const manifestSchema = z.strictObject({
  detectors: z
    .array(z.discriminatedUnion('kind', [shippedCascadeSchema, listedModelSchema]))
    .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'ids must differ'),
});

/** What a manifest says, in its order. Throws ConfigurationError if it is unusable. */
export const readManifest = (manifestFile: string): (ShippedCascade | ListedModel)[] =>
  loadConfiguration(manifestSchema, manifestFile).detectors;

/**
 * The detectors of a manifest, in its order: its models as available. A detector whose cascade is missing or has another
 * hash is refused. Throws ConfigurationError if the manifest itself is unusable.
 */
export async function loadShippedDetectors(manifestFile: string): Promise<DetectorEntry[]> {
  const detectors = readManifest(manifestFile);
  const folders = {
    siteglass: dirname(manifestFile),
    opencv: join(openCvPackage(), 'src', 'lib'),
  };
  return Promise.all(
    detectors.map((d) =>
      d.kind === 'cascade'
        ? verifiedCascade(d, join(folders[d.origin], d.file))
        : availableModel(d),
    ),
  );
}

async function verifiedCascade(shipped: ShippedCascade, file: string): Promise<DetectorEntry> {
  const { sha256, features, engine, window, file: _, ...rest } = shipped;
  const known = { ...rest, parameters: { ...searchDefaults, ...shipped.parameters } };
  const content = await readFile(file).catch(() => undefined);
  if (!content) return { ...known, status: 'refused', reason: `${shipped.file} cannot be read` };
  if (createHash('sha256').update(content).digest('hex') !== sha256)
    return {
      ...known,
      status: 'refused',
      reason: `${shipped.file} is not the file that the manifest vouches for: its SHA-256 differs`,
    };
  return { ...known, status: 'ready', file, sha256, features, engine, window };
}

function availableModel({
  family,
  input,
  labels,
  usualLabels,
  parameters,
  ...listed
}: ListedModel): AvailableModel {
  return {
    ...listed,
    labels,
    origin: 'download',
    ...(usualLabels ? { usualLabels } : usualOf(labels)),
    parameters: { ...modelDefaults, ...parameters },
    status: 'available',
    model: { family, ...input, ...familyDefaults[family], labels },
  };
}
