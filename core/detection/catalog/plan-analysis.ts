import type { z } from 'zod';
import {
  type EngineName,
  MAX_DETECTORS,
  type Preparation,
  preparationDefaults,
  preparationSchema,
  type SearchParameters,
  searchParametersSchema,
} from '../../contract/detection.js';
import type { UploadFields } from '../../contract/image.js';
import type { FieldError } from '../../contract/problem.js';
import { ProblemError } from '../../runtime/errors.js';
import type { AnalysisPlan, AnalysisRequest, PlannedDetector } from '../detection.js';
import type { DetectorEntry, ReadyDetector } from './detector-entry.js';
import { servedEntry } from './served-entry.js';

export interface PlanContext {
  /** In the order in which a plan has them; of two with the same id the first counts. */
  entries: DetectorEntry[];
  defaultDetectors: string[];
  preparation: Partial<Preparation>;
  /** What the workers can search with. */
  engines: EngineName[];
}

/**
 * Fills in the defaults. Requests for the same work give equal plans, whatever the order of
 * their fields. Throws `unknown_detector` and `invalid_parameter`, naming the fields.
 */
export function planAnalysis(request: AnalysisRequest, context: PlanContext): AnalysisPlan {
  const chosen = chosenDetectors(request, context);
  return {
    detectors: chosen.map((detector) => planned(detector, request)),
    preparation: plannedPreparation(request, context.preparation),
    ...(request.damaged === 'accept' && { acceptDamaged: true }),
  };
}

function chosenDetectors(fields: UploadFields, context: PlanContext): ReadyDetector[] {
  const ids = new Set(fields.detector ?? context.defaultDetectors);
  if (ids.size > MAX_DETECTORS)
    throw invalid([{ path: 'detector', message: `expected at most ${MAX_DETECTORS} detectors` }]);
  const byId = new Map<string, DetectorEntry>();
  for (const entry of context.entries)
    if (!byId.has(entry.id)) byId.set(entry.id, servedEntry(entry, context.engines));
  const errors = [...ids].flatMap((id) => fault(id, byId.get(id)));
  if (errors.length > 0) throw new ProblemError('unknown_detector', messages(errors), { errors });
  return [...byId.values()].filter(
    (entry): entry is ReadyDetector => entry.status === 'ready' && ids.has(entry.id),
  );
}

function fault(id: string, entry: DetectorEntry | undefined): FieldError[] {
  if (!entry) return [{ path: 'detector', message: `there is no detector "${id}"` }];
  if (entry.status === 'refused')
    return [{ path: 'detector', message: `"${id}" cannot be used: ${entry.reason}` }];
  return [];
}

function planned(detector: ReadyDetector, fields: UploadFields): PlannedDetector {
  const { id, engine, label, file, sha256 } = detector;
  return { id, engine, label, file, sha256, parameters: plannedParameters(detector, fields) };
}

const SEARCH_FIELDS = ['scaleFactor', 'minNeighbors', 'minSize', 'maxSize'] as const;

function plannedParameters(detector: ReadyDetector, fields: UploadFields): SearchParameters {
  const wanted = {
    scaleFactor: fields.scaleFactor ?? detector.parameters.scaleFactor,
    minNeighbors: fields.minNeighbors ?? detector.parameters.minNeighbors,
    minSize: fields.minSize ?? detector.parameters.minSize,
    maxSize: fields.maxSize ?? detector.parameters.maxSize,
  };
  // The catalog's own values are valid, and most requests have no others.
  const isOwn = SEARCH_FIELDS.every((name) => fields[name] === undefined);
  const parameters = isOwn ? wanted : valid(searchParametersSchema, wanted);
  const { minSize, maxSize } = parameters;
  if (maxSize !== 0 && maxSize < minSize)
    throw invalid([
      fields.maxSize === undefined
        ? { path: 'minSize', message: `is above the detector's maxSize, ${maxSize}` }
        : { path: 'maxSize', message: `expected 0, or at least minSize, which is ${minSize}` },
    ]);
  return parameters;
}

function plannedPreparation(
  fields: AnalysisRequest,
  configured: Partial<Preparation>,
): Preparation {
  const defaults = { ...preparationDefaults, ...configured };
  const wanted = {
    workingSize: fields.workingSize ?? defaults.workingSize,
    orientations: fields.orientations ?? defaults.orientations,
  };
  const isOwn = fields.workingSize === undefined && fields.orientations === undefined;
  const { workingSize, orientations } = isOwn ? wanted : valid(preparationSchema, wanted);
  if (fields.orientation !== undefined) return { workingSize, orientations: [fields.orientation] };
  // Turned images are searched in addition to the unturned one.
  const all = new Set([0 as const, ...orientations]);
  return { workingSize, orientations: [...all].sort((a, b) => a - b) };
}

function valid<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  const { data, error } = schema.safeParse(value);
  if (!error) return data;
  throw invalid(error.issues.map(({ path, message }) => ({ path: String(path[0]), message })));
}

function invalid(errors: FieldError[]): ProblemError {
  return new ProblemError('invalid_parameter', messages(errors), { errors });
}

const messages = (errors: FieldError[]) =>
  errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
