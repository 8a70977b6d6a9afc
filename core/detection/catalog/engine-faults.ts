import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import type { FieldError } from '../../contract/problem.js';
import { openCvFault } from '../../opencv/opencv-addon.js';
import type { detectionSettings } from '../../runtime/settings.js';
import { parseCascade } from '../engine/parse-cascade.js';
import { runtimeFault } from '../onnx/runtime-package.js';
import type { NamedDetector } from './named-detector.js';

type DetectionSettings = z.infer<typeof detectionSettings>;

/** Detectors that the setting at `path` names. */
export interface NamedDetectors {
  path: string;
  ids: readonly string[];
}

/** Why no detector could search with this setting, in one line; undefined if it can be in effect. */
export function engineFault({ engine }: Pick<DetectionSettings, 'engine'>): string | undefined {
  const fault = engine === 'opencv' ? openCvFault('engine') : undefined;
  return fault && `detection.engine is opencv; ${fault}`;
}

/** Searches that a configuration asks for, and whose engine is not installed. Reads files alone, and starts no worker. */
export async function engineFaults(
  settings: Pick<DetectionSettings, 'engine' | 'defaultDetectors' | 'models'>,
  named: NamedDetectors[],
  known: NamedDetector[],
): Promise<FieldError[]> {
  const engine = engineFault(settings);
  const found: FieldError[] =
    engine === undefined ? [] : [{ path: 'detection.engine', message: engine }];
  const messages = new Map<string, string | undefined>();
  for (const { path, ids } of [
    { path: 'detection.defaultDetectors', ids: settings.defaultDetectors },
    { path: 'detection.models', ids: settings.models },
    ...named,
  ])
    for (const id of ids) {
      const detector = known.find((one) => one.id === id);
      if (!detector) continue;
      if (!messages.has(id)) messages.set(id, await missingEngine(detector));
      const message = messages.get(id);
      if (message !== undefined) found.push({ path, message });
    }
  return found;
}

/** Nothing more is said of a model that is not downloaded. */
async function missingEngine(detector: NamedDetector): Promise<string | undefined> {
  const { id, kind, status, file } = detector;
  if (kind === 'onnx') {
    const fault = status === 'available' ? undefined : runtimeFault();
    return fault && `"${id}" is an ONNX model; ${fault}`;
  }
  const fault = openCvFault('engine');
  const reason = fault && file && (await unsupportedReason(file));
  return reason && `only OpenCV searches "${id}" (${reason}); ${fault}`;
}

/** Why the project's own engine does not search with a cascade; undefined if it does, or nothing can read it. */
async function unsupportedReason(file: string): Promise<string | undefined> {
  try {
    const parsed = parseCascade(await readFile(file, 'utf8'));
    return 'unsupported' in parsed ? parsed.unsupported.reason : undefined;
  } catch {
    // Missing or not a cascade: the catalog reports that when it starts.
    return undefined;
  }
}
