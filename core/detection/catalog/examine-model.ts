import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { modelDefaults } from '../../contract/detection.js';
import { parseConfiguration } from '../../runtime/configuration.js';
import { ConfigurationError } from '../../runtime/errors.js';
import type { PartialDescription } from '../detection.js';
import { hashOf } from '../models/hash-of.js';
import { MAX_MODEL_BYTES } from '../onnx/read-model.js';
import type { KnownModel, ReadyModel } from './detector-entry.js';
import { DetectorFault } from './detector-fault.js';
import {
  labelsForClasses,
  modelLabelsSchema,
  type OperatorModel,
  operatorModelSchema,
  usualOf,
} from './model-description.js';
import type { Probe } from './probe.js';

/** The one class of YuNet. */
const FACE = ['face'];
const MAX_TEXT_BYTES = 256 * 1024;

/** The files beside a model that describe it, in the order in which they are looked for. */
export const DESCRIPTIONS = ['.yaml', '.txt'] as const;

/** An operator's model as far as its file's name tells. */
export const knownModel = (id: string): KnownModel => ({
  kind: 'onnx',
  id,
  labels: [],
  origin: 'operator',
  parameters: modelDefaults,
});

/**
 * Reads the description of an operator's model and tries it: NAME.yaml and, for its labels, NAME.txt beside NAME.onnx.
 * Throws DetectorFault and ProblemError.
 */
export async function examineModel(
  id: string,
  file: string,
  size: number,
  probe: Probe,
): Promise<ReadyModel> {
  if (size > MAX_MODEL_BYTES) throw new DetectorFault('it is larger than 256 MiB');
  const stem = file.slice(0, -'.onnx'.length);
  const { input, labels: listed, usualLabels, parameters, ...described } = await readYaml(stem);
  const { source, licence, ...rest } = described;
  const named = listed ?? (await readLabels(stem));
  const description: PartialDescription = { ...rest, ...input, ...(named && { labels: named }) };
  const sha256 = await hashOf(file);
  const { model, classes } = await probe({ kind: 'onnx', model: { file, sha256 }, description });
  const labels = named ?? (model.family === 'yunet' ? FACE : labelsForClasses(classes));
  if (labels.length !== classes)
    throw new DetectorFault(`it has ${classes} classes, but ${labels.length} labels are given`);
  const stranger = usualLabels?.find((label) => !labels.includes(label));
  if (stranger !== undefined)
    throw new DetectorFault(`usualLabels: "${stranger}" is not among its labels`);
  return {
    ...knownModel(id),
    ...(source && { source }),
    ...(licence && { licence }),
    labels,
    ...(usualLabels ? { usualLabels } : usualOf(labels)),
    parameters: { ...modelDefaults, ...parameters },
    status: 'ready',
    model: { ...model, labels },
    file,
    sha256,
  };
}

/** The labels that are written beside a model; `stem` is its path without `.onnx`. Undefined if they are in the model. */
export async function readNamedLabels(stem: string): Promise<string[] | undefined> {
  const { labels, family } = await readYaml(stem);
  return labels ?? (await readLabels(stem)) ?? (family === 'yunet' ? FACE : undefined);
}

async function readYaml(stem: string): Promise<OperatorModel> {
  const text = await readText(`${stem}.yaml`);
  if (text === undefined) return {};
  const source = basename(`${stem}.yaml`);
  try {
    return parseConfiguration(operatorModelSchema, text, source);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const errors = error.errors.map(({ path, message }) =>
      path ? `${path}: ${message}` : message,
    );
    throw new DetectorFault(`${source} cannot be used: ${errors.join('; ')}`);
  }
}

/** One label a line. */
async function readLabels(stem: string): Promise<string[] | undefined> {
  const text = await readText(`${stem}.txt`);
  if (text === undefined) return undefined;
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const { data, error } = modelLabelsSchema.safeParse(lines.filter((line) => line !== ''));
  if (data) return data;
  const reasons = error.issues.map(({ message }) => message).join('; ');
  throw new DetectorFault(`${basename(stem)}.txt cannot be used: ${reasons}`);
}

async function readText(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (!found) return undefined;
  if (found.size > MAX_TEXT_BYTES)
    throw new DetectorFault(`${basename(file)} is larger than 256 KiB`);
  return readFile(file, 'utf8');
}
