import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { FieldError } from '../contract/problem.js';
import { loadShippedDetectors } from '../detection/catalog/shipped-detectors.js';
import { engineFault } from '../detection/create-detection.js';
import { parseCascade } from '../detection/engine/parse-cascade.js';
import { openCvFault } from '../opencv/opencv-addon.js';
import { ConfigurationError } from '../runtime/errors.js';
import { projectRoot } from '../runtime/project-root.js';
import type { detectionSettings } from '../runtime/settings.js';

/** Detectors that the setting at `path` names. */
export interface NamedDetectors {
  path: string;
  ids: readonly string[];
}

/**
 * Throws a ConfigurationError if the configuration asks for searches that only OpenCV serves, and OpenCV is not installed.
 * Starts no worker.
 */
export async function requireEngines(
  settings: z.infer<typeof detectionSettings>,
  named: NamedDetectors[],
): Promise<void> {
  const errors = await faults(settings, [
    { path: 'detection.defaultDetectors', ids: settings.defaultDetectors },
    ...named,
  ]);
  if (errors.length > 0) throw new ConfigurationError('The configuration', errors);
}

async function faults(
  settings: z.infer<typeof detectionSettings>,
  named: NamedDetectors[],
): Promise<FieldError[]> {
  const engine = engineFault(settings);
  if (engine !== undefined) return [{ path: 'detection.engine', message: engine }];
  const fault = openCvFault('engine');
  if (fault === undefined) return [];
  const served = await shippedIds();
  const reasons = new Map<string, Promise<string | undefined>>();
  const reasonFor = (id: string) => {
    if (served.has(id)) return undefined;
    if (!reasons.has(id)) reasons.set(id, unsupportedReason(settings.folder, id));
    return reasons.get(id);
  };
  const found: FieldError[] = [];
  for (const { path, ids } of named)
    for (const id of ids) {
      const reason = await reasonFor(id);
      if (reason !== undefined)
        found.push({ path, message: `only OpenCV searches "${id}" (${reason}); ${fault}` });
    }
  return found;
}

async function shippedIds(): Promise<Set<string>> {
  const entries = await loadShippedDetectors(join(projectRoot(), 'cascades', 'manifest.yaml'));
  return new Set(entries.map(({ id }) => id));
}

/** Why the project's own engine does not search with an operator's cascade; undefined if it does, or nothing can read it. */
async function unsupportedReason(
  folder: string | undefined,
  id: string,
): Promise<string | undefined> {
  if (folder === undefined) return undefined;
  try {
    const parsed = parseCascade(await readFile(join(folder, `${id}.xml`), 'utf8'));
    return 'unsupported' in parsed ? parsed.unsupported.reason : undefined;
  } catch {
    // Missing or not a cascade: the catalog reports that when it starts.
    return undefined;
  }
}
