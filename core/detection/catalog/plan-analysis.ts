import type { z } from 'zod';
import {
  type EngineName,
  MAX_DETECTORS,
  MIN_MODEL_CONFIDENCE,
  MODEL_ENGINE,
  type ModelParameters,
  modelParametersSchema,
  type Preparation,
  preparationDefaults,
  preparationSchema,
  type SearchParameters,
  searchParametersSchema,
} from '../../contract/detection.js';
import type { UploadFields } from '../../contract/image.js';
import type { FieldError } from '../../contract/problem.js';
import { ProblemError } from '../../runtime/errors.js';
import type {
  AnalysisPlan,
  AnalysisRequest,
  PlannedCascade,
  PlannedDetector,
  PlannedModel,
} from '../detection.js';
import type { DetectorEntry, ReadyCascade, ReadyDetector, ReadyModel } from './detector-entry.js';
import {
  detectorFaults,
  fieldFaults,
  isDivided,
  named,
  refusedDetectors,
} from './named-detector.js';
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
  const errors = fieldFaults(request, chosen.map(named));
  if (errors.length > 0) throw invalid(errors);
  const hasCascade = chosen.some(({ kind }) => kind === 'cascade');
  const { label: labels, minConfidence } = request;
  return {
    detectors: chosen.map((detector) => planned(detector, request)),
    preparation: plannedPreparation(request, context.preparation),
    ...(labels && { labels: [...new Set(labels)].sort() }),
    // A model's parameters have it.
    ...(hasCascade && minConfidence !== undefined && minConfidence > 0 && { minConfidence }),
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
  const known = [...byId.values()].map(named);
  const errors = [...detectorFaults(ids, known), ...refusedDetectors(ids, known)];
  if (errors.length > 0) throw new ProblemError('unknown_detector', messages(errors), { errors });
  return [...byId.values()].filter(
    (entry): entry is ReadyDetector => entry.status === 'ready' && ids.has(entry.id),
  );
}

function planned(detector: ReadyDetector, fields: UploadFields): PlannedDetector {
  return detector.kind === 'cascade'
    ? plannedCascade(detector, fields)
    : plannedModel(detector, fields);
}

function plannedCascade(detector: ReadyCascade, fields: UploadFields): PlannedCascade {
  const { id, engine, label, file, sha256 } = detector;
  return { id, engine, label, file, sha256, parameters: searchParameters(detector, fields) };
}

function plannedModel(detector: ReadyModel, fields: UploadFields): PlannedModel {
  const { id, model, file, sha256 } = detector;
  const parameters = modelParameters(detector, fields);
  return { id, engine: MODEL_ENGINE, model, file, sha256, parameters };
}

const SEARCH_FIELDS = ['scaleFactor', 'minNeighbors', 'minSize', 'maxSize'] as const;
const MODEL_FIELDS = ['minConfidence', 'minSize', 'maxSize'] as const;

function searchParameters({ parameters }: ReadyCascade, fields: UploadFields): SearchParameters {
  if (hasNone(fields, SEARCH_FIELDS)) return withSizes(parameters, fields);
  const wanted = {
    scaleFactor: fields.scaleFactor ?? parameters.scaleFactor,
    minNeighbors: fields.minNeighbors ?? parameters.minNeighbors,
    minSize: fields.minSize ?? parameters.minSize,
    maxSize: fields.maxSize ?? parameters.maxSize,
  };
  return withSizes(valid(searchParametersSchema, wanted), fields);
}

function modelParameters({ parameters }: ReadyModel, fields: UploadFields): ModelParameters {
  if (hasNone(fields, MODEL_FIELDS)) return withSizes(parameters, fields);
  const minConfidence = fields.minConfidence ?? parameters.minConfidence;
  const wanted = {
    ...parameters,
    minConfidence: Math.max(minConfidence, MIN_MODEL_CONFIDENCE),
    minSize: fields.minSize ?? parameters.minSize,
    maxSize: fields.maxSize ?? parameters.maxSize,
  };
  return withSizes(valid(modelParametersSchema, wanted), fields);
}

/** The catalog's own values are valid, and most requests have no others. */
const hasNone = (fields: UploadFields, names: readonly (keyof UploadFields)[]): boolean =>
  names.every((name) => fields[name] === undefined);

function withSizes<P extends { minSize: number; maxSize: number }>(
  parameters: P,
  fields: UploadFields,
): P {
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
    tiles: fields.tiles ?? defaults.tiles,
  };
  const isOwn = hasNone(fields, ['workingSize', 'orientations', 'tiles']);
  const { workingSize, orientations, tiles } = isOwn ? wanted : valid(preparationSchema, wanted);
  const common = { workingSize, ...(isDivided(tiles) && { tiles }) };
  if (fields.orientation !== undefined) return { ...common, orientations: [fields.orientation] };
  // Turned images are searched in addition to the unturned one.
  const all = new Set([0 as const, ...orientations]);
  return { ...common, orientations: [...all].sort((a, b) => a - b) };
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
