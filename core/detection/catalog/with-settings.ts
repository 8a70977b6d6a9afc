import {
  type DetectorSettings,
  modelParametersSchema,
  searchParametersSchema,
} from '../../contract/detection.js';
import type { FieldError } from '../../contract/problem.js';
import type { ReadyCascade, ReadyDetector, ReadyModel } from './detector-entry.js';
import { labelsOf } from './detector-entry.js';

const KINDS = { cascade: 'cascade', onnx: 'model' } as const;

/** What keeps settings from being those of a detector. */
export function settingsFaults(
  detector: ReadyDetector,
  { labels, usualLabels, parameters = {} }: DetectorSettings,
): FieldError[] {
  const faults: FieldError[] = [];
  const present = labelsOf(detector);
  if (labels && detector.origin === 'download')
    faults.push({ path: 'labels', message: 'those of a model that Siteglass lists stay' });
  if (labels && labels.length !== present.length)
    faults.push({ path: 'labels', message: `expected ${present.length}, as it has now` });
  if (usualLabels && detector.kind === 'cascade')
    faults.push({ path: 'usualLabels', message: 'a cascade has one label' });
  const unknown = (usualLabels ?? []).filter((label) => !(labels ?? present).includes(label));
  if (detector.kind === 'onnx' && unknown.length > 0)
    faults.push({ path: 'usualLabels', message: `it does not find ${unknown.join(', ')}` });
  const own = (detector.kind === 'onnx' ? modelParametersSchema : searchParametersSchema).shape;
  for (const name of Object.keys(parameters).filter((one) => !(one in own)))
    faults.push({
      path: `parameters.${name}`,
      message: `is no parameter of a ${KINDS[detector.kind]}; expected ${Object.keys(own).join(', ')}`,
    });
  const { minSize, maxSize } = { ...detector.parameters, ...parameters };
  if (maxSize !== 0 && maxSize < minSize)
    faults.push({ path: 'parameters.maxSize', message: 'expected at least minSize, or 0' });
  return faults;
}

/** A detector as it is used: with what was set on it, as far as that still fits its file. */
export function withSettings(
  detector: ReadyDetector,
  settings: DetectorSettings | undefined,
): ReadyDetector {
  if (!settings || settingsFaults(detector, settings).length > 0) return detector;
  const { title } = settings;
  const common = { settings, ...(title !== undefined && { title }) };
  return detector.kind === 'onnx'
    ? modelWith({ ...detector, ...common }, settings)
    : cascadeWith({ ...detector, ...common }, settings);
}

const cascadeWith = (cascade: ReadyCascade, { labels, parameters }: DetectorSettings) => ({
  ...cascade,
  label: labels?.[0] ?? cascade.label,
  parameters: { ...cascade.parameters, ...parameters },
});

function modelWith(model: ReadyModel, { labels, usualLabels, parameters }: DetectorSettings) {
  const usual = usualLabels ?? (labels ? undefined : model.usualLabels);
  const { usualLabels: _, ...rest } = model;
  return {
    ...rest,
    labels: labels ?? model.labels,
    ...(usual && { usualLabels: usual }),
    model: { ...model.model, labels: labels ?? model.model.labels },
    parameters: { ...model.parameters, ...parameters },
  };
}
