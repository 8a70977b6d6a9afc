import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { DetectionBackend, Planner } from '../detection/detection.js';
import type { Clock } from '../runtime/clock.js';
import type { ClockEras } from '../runtime/clock-eras.js';
import type { Service } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import type { FileStore } from '../store/file-store.js';
import { LocalFileStore } from '../store/local-file-store.js';
import { Analyser, type ResultSource } from './analyser.js';
import type { BlobLeases } from './blob-leases.js';
import { DiskBudget } from './disk-budget.js';
import { Expiry } from './expiry.js';
import { ImageStore } from './image-store.js';
import type { ProtectedImages } from './image-table.js';
import { Images } from './images.js';
import { PendingAnalyses } from './pending-analyses.js';
import { ProcessedImages } from './processed-images.js';
import { Renditions } from './renditions.js';
import type { ImageTables } from './tables.js';
import { ThumbnailCache } from './thumbnail-cache.js';
import { Thumbnails } from './thumbnails.js';
import { noQuota, type UploadQuota } from './upload-quota.js';

export interface ImageModuleOptions {
  db: Kysely<ImageTables>;
  /** Files are stored in `images/` below it, unless `files` is given. */
  dataFolder: string;
  files?: FileStore & Service;
  /** Present if other processes work on the same database and files. */
  leases?: BlobLeases | undefined;
  detection: DetectionBackend;
  planner: Planner;
  limits: {
    maxPixels: number;
    maxStoredBytes: number;
    minFreeBytes: number;
    uploadLifetimeMs: number | undefined;
    maxSearchedPixels?: number;
  };
  /** What clients may use of the workers and of the disk; without it there is no limit for each of them. */
  quota?: UploadQuota;
  onAnalysed: (source: ResultSource) => void;
  /** Images that are removed neither for their age nor for the disk budget. */
  protected?: ProtectedImages;
  log: Logger;
  clock: Clock;
  /** When the clock was set. */
  eras?: ClockEras;
}

/** The parts of the image API: the same on the appliance and on the relay. */
export interface ImageModule {
  images: Images;
  processed: ProcessedImages;
  renditions: Renditions;
  thumbnails: Thumbnails;
  store: ImageStore;
  expiry: Expiry;
  /** In the order in which they start, after the detection pool. */
  services: Service[];
}

export function createImageModule(options: ImageModuleOptions): ImageModule {
  const { db, detection, planner, limits, log, clock, quota = noQuota } = options;
  const folder = join(options.dataFolder, 'images');
  const files = options.files ?? new LocalFileStore(folder);
  const budget = new DiskBudget(options.files ? options.dataFolder : folder, {
    maxBytes: limits.maxStoredBytes,
    minFreeBytes: limits.minFreeBytes,
  });
  const hasSpace = async (bytes: number) =>
    (await budget.freeBytes()) - bytes >= budget.reserveBytes;
  const cache = options.leases
    ? undefined
    : new ThumbnailCache({ folder: join(folder, 'thumbnails'), hasSpace, log });
  const store = new ImageStore(db, files, budget, {
    onBytesRemoved: cache && ((sha256) => cache.removeAll(sha256)),
    leases: options.leases,
    protected: options.protected,
    eras: options.eras,
  });
  const analyser = new Analyser(db, detection, options.onAnalysed);
  const pending = new PendingAnalyses(store, analyser, planner, log);
  const images = new Images(store, analyser, pending, planner, { ...limits, quota }, clock);
  const processed = new ProcessedImages(images, store, detection, quota);
  const expiry = new Expiry(store, clock, log);
  const renditions = new Renditions(store, detection, quota);
  const thumbnails = new Thumbnails(images, renditions, cache);
  const services = [files, store, ...(cache ? [cache] : []), pending, expiry];
  return { images, processed, renditions, thumbnails, store, expiry, services };
}
