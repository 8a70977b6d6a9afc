import { join } from 'node:path';
import type { z } from 'zod';
import type { EngineName } from '../contract/detection.js';
import { proxyVariables } from '../runtime/configuration.js';
import { StartError } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import { programVersion } from '../runtime/program-version.js';
import { projectRoot } from '../runtime/project-root.js';
import type { detectionSettings } from '../runtime/settings.js';
import { DetectorCatalog } from './catalog/detector-catalog.js';
import { engineFault } from './catalog/engine-faults.js';
import type { DetectorPlaces } from './catalog/known-detectors.js';
import type { Probe } from './catalog/probe.js';
import { DetectorAdditions } from './installer/detector-additions.js';
import { DetectorInstaller } from './installer/detector-installer.js';
import { ModelFolder } from './models/model-folder.js';
import { DetectionPool } from './pool/detection-pool.js';
import type { JobRecord } from './pool/job-record.js';
import { SandboxFile } from './pool/sandbox-file.js';

type DetectionSettings = z.infer<typeof detectionSettings>;

const MEGABYTE = 1_000_000;

export interface DetectionOptions {
  settings: DetectionSettings;
  /** Of the program: it has the downloaded models. */
  dataFolder: string;
  /** Of the detectors that Siteglass knows; its own by default. */
  manifest?: string | undefined;
  maxPixels: number;
  onJob: (record: JobRecord) => void;
  log: Logger;
}

/** The workers, and the detectors that they search with. */
export interface DetectionModule {
  pool: DetectionPool;
  catalog: DetectorCatalog;
  installer: DetectorInstaller;
  additions: DetectorAdditions;
  sandboxFile: SandboxFile;
  /** In the order of their start. */
  services: Service[];
}

/** Where the detectors of a program are. */
export const detectorPlaces = (
  { folder, models }: Pick<DetectionSettings, 'folder' | 'models'>,
  dataFolder: string,
  manifest = join(projectRoot(), 'cascades', 'manifest.yaml'),
): DetectorPlaces & { added: string } => ({
  manifest,
  added: join(dataFolder, 'detectors'),
  expected: models,
  folder,
});

export function createDetection(options: DetectionOptions): DetectionModule {
  const { settings, maxPixels, onJob } = options;
  const log = options.log.child({ component: 'detection' });
  const { workingSize } = settings;
  const pool = new DetectionPool({
    log,
    workers: settings.workers,
    queueJobs: settings.maxQueued,
    queueBytes: settings.maxQueuedMegabytes * MEGABYTE,
    jobDeadlineMs: settings.deadlineSeconds * 1_000,
    maxPixels,
    onJob,
  });
  const places = detectorPlaces(settings, options.dataFolder, options.manifest);
  const probe: Probe = (subject) => pool.probe(subject);
  const catalog = new DetectorCatalog({
    ...places,
    defaultDetectors: settings.defaultDetectors,
    ...(workingSize !== undefined && { preparation: { workingSize } }),
    probe,
    engines: () => {
      const { engines } = pool.status();
      return settings.engine === 'opencv' ? engines.filter(isAllowed) : engines;
    },
    log,
  });
  const folder = new ModelFolder(places.added);
  const installer = new DetectorInstaller({
    folder,
    catalog,
    probe,
    mirror: settings.modelMirror,
    proxies: proxyVariables(),
    userAgent: `siteglass/${programVersion()}`,
  });
  const additions = new DetectorAdditions({ installer, folder, models: settings.models, log });
  const sandboxFile = new SandboxFile(options.dataFolder, () => pool.status().sandbox, log);
  const services = [requirement(settings), pool, sandboxFile, catalog, additions];
  return { pool, catalog, installer, additions, sandboxFile, services };
}

/** `opencv` disables the project's own engine for cascades. */
const isAllowed = (name: EngineName) => name !== 'siteglass';

const requirement = (settings: DetectionSettings): Service => ({
  name: 'detection engine',
  start: async () => {
    const fault = engineFault(settings);
    if (fault) throw new StartError(fault);
  },
});
