import type { z } from 'zod';
import { createDetection, type DetectionModule } from '../detection/create-detection.js';
import { Lifecycle } from '../runtime/lifecycle.js';
import { silentLogger } from '../runtime/logger.js';
import type { detectionSettings } from '../runtime/settings.js';

export interface DetectionExpectation {
  settings: z.infer<typeof detectionSettings>;
  maxPixels: number;
  dataFolder: string;
}

/** Runs `work` with a worker of its own beside the service. Rejects with a StartError if it does not start. */
export async function withDetection<T>(
  { settings, maxPixels, dataFolder }: DetectionExpectation,
  work: (detection: DetectionModule) => Promise<T>,
): Promise<T> {
  const detection = createDetection({
    settings: { ...settings, workers: 1 },
    maxPixels,
    dataFolder,
    onJob: () => undefined,
    log: silentLogger(),
  });
  // It downloads nothing by itself, and leaves the service's report alone.
  const { additions, sandboxFile } = detection;
  const services = detection.services.filter(
    (service) => service !== additions && service !== sandboxFile,
  );
  const lifecycle = new Lifecycle(services, silentLogger());
  try {
    await lifecycle.start();
    return await work(detection);
  } finally {
    await lifecycle.stop();
  }
}
