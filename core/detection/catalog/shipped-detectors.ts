import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { engineSchema, searchDefaults, searchParametersSchema } from '../../contract/detection.js';
import { labelSchema, nameSchema } from '../../contract/names.js';
import { openCvPackage } from '../../opencv/opencv-package.js';
import { loadConfiguration } from '../../runtime/configuration.js';
import type { DetectorEntry } from './detector-entry.js';

const side = z.int().min(1);

const shippedDetectorSchema = z.strictObject({
  id: nameSchema,
  label: labelSchema,
  origin: z.enum(['siteglass', 'opencv']),
  file: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  kind: z.enum(['haar', 'lbp']),
  engine: engineSchema,
  window: z.strictObject({ width: side, height: side }),
  source: z.string().min(1),
  licence: z.string().min(1),
  parameters: searchParametersSchema.partial().default({}),
});
type ShippedDetector = z.infer<typeof shippedDetectorSchema>;

const manifestSchema = z.strictObject({
  detectors: z
    .array(shippedDetectorSchema)
    .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'ids must differ'),
});

/**
 * The detectors of a manifest, in its order. A detector whose cascade is missing or has another hash is
 * refused. Throws ConfigurationError if the manifest itself is unusable.
 */
export async function loadShippedDetectors(manifestFile: string): Promise<DetectorEntry[]> {
  const { detectors } = loadConfiguration(manifestSchema, manifestFile);
  const folders = {
    siteglass: dirname(manifestFile),
    opencv: join(openCvPackage(), 'src', 'lib'),
  };
  return Promise.all(detectors.map((d) => verified(d, join(folders[d.origin], d.file))));
}

async function verified(shipped: ShippedDetector, file: string): Promise<DetectorEntry> {
  const { sha256, kind, engine, window, file: _, ...rest } = shipped;
  const known = { ...rest, parameters: { ...searchDefaults, ...shipped.parameters } };
  const content = await readFile(file).catch(() => undefined);
  if (!content) return { ...known, status: 'refused', reason: `${shipped.file} cannot be read` };
  if (createHash('sha256').update(content).digest('hex') !== sha256)
    return {
      ...known,
      status: 'refused',
      reason: `${shipped.file} is not the file that the manifest vouches for: its SHA-256 differs`,
    };
  return { ...known, status: 'ready', file, sha256, kind, engine, window };
}
