import type { DeepstackAnswer, DeepstackModels } from '../../contract/deepstack.js';
import { type Detection, strongestFirst } from '../../contract/detection.js';
import type { ImageResult } from '../../contract/image.js';
import { ProblemError } from '../../runtime/errors.js';

/** A call of a client. */
export interface Call {
  /** As CodeProject.AI names it. */
  command: 'detect' | 'custom' | 'list-custom';
  /** Of `performance.now`. */
  startedAt: number;
}

export function answerOf(result: ImageResult, call: Call): DeepstackAnswer {
  if (result.status !== 'OK')
    throw new ProblemError('analysis_failed', 'The image was not analysed.');
  const { image, detections, times } = result;
  const predictions = [...detections]
    .sort(strongestFirst)
    .map((detection) => predictionOf(detection, image));
  const about = moduleOf(call);
  return {
    success: true,
    code: 200,
    message: messageFor(predictions.map(({ label }) => label)),
    count: predictions.length,
    predictions,
    // The times of a stored result may be those of a longer call.
    inferenceMs: Math.min(Math.round(times.detectMs), about.analysisRoundTripMs),
    processMs: Math.min(Math.round(times.decodeMs + times.detectMs), about.analysisRoundTripMs),
    duration: about.analysisRoundTripMs / 1000,
    requestId: image.id,
    ...about,
  };
}

export const modelsOf = (models: string[], call: Call): DeepstackModels => ({
  success: true,
  code: 200,
  models,
  ...moduleOf(call),
});

const moduleOf = ({ command, startedAt }: Call) => ({
  moduleId: 'Siteglass',
  moduleName: 'Siteglass',
  command,
  executionProvider: 'CPU' as const,
  inferenceDevice: 'CPU' as const,
  canUseGPU: false as const,
  processedBy: 'localhost' as const,
  analysisRoundTripMs: Math.round(performance.now() - startedAt),
  timestampUTC: new Date().toUTCString(),
});

function predictionOf(
  { label, confidence, box }: Detection,
  { width, height }: { width: number; height: number },
): DeepstackAnswer['predictions'][number] {
  const { x, y } = box;
  return {
    label,
    confidence,
    x_min: Math.min(x, width),
    y_min: Math.min(y, height),
    x_max: Math.min(x + box.width, width),
    y_max: Math.min(y + box.height, height),
  };
}

const MAX_NAMED = 20;

function messageFor(labels: string[]): string {
  if (labels.length === 0) return 'No objects found';
  const more = labels.length > MAX_NAMED ? ' …' : '';
  return `Found ${labels.slice(0, MAX_NAMED).join(', ')}${more}`;
}
