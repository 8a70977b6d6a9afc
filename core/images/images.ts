import { v7 as uuid } from 'uuid';
import type { Analysis } from '../contract/detection.js';
import type { ImagePage, ImageQuery, ImageResult, UploadFields } from '../contract/image.js';
import type { Zone } from '../contract/zone.js';
import type {
  AnalysisPlan,
  AnalysisRequest,
  JobOrigin,
  Planner,
  Thumbnail,
} from '../detection/detection.js';
import type { Clock } from '../runtime/clock.js';
import { ProblemError } from '../runtime/errors.js';
import { storageProblem } from '../store/storage-failure.js';
import { type Transaction, unitOfWork } from '../store/unit-of-work.js';
import type { Analyser, SourcedAnalysis } from './analyser.js';
import { analysisKey, sha256Of } from './analysis-key.js';
import { blobTable } from './blob-table.js';
import { imageLabelTable } from './image-label-table.js';
import { type ImageStore, noFurtherWrites } from './image-store.js';
import { imageTable, type StoredImage } from './image-table.js';
import { inspectImage } from './inspect.js';
import type { PendingAnalyses } from './pending-analyses.js';
import { presentAnalysis, presentImage, presentPage, presentStored } from './presenter.js';
import { checkSearch } from './search-limit.js';
import type { BlobRow, ImageRow } from './tables.js';
import { trimPicture } from './trim-picture.js';
import type { UploadQuota } from './upload-quota.js';

export interface ImageLimits {
  maxPixels: number;
  /** Milliseconds until an upload is removed; undefined keeps it until a client or the disk budget removes it. */
  uploadLifetimeMs: number | undefined;
  /** Pixels that an upload's search may cover in all passes, see `checkSearch`; undefined sets no limit. */
  maxSearchedPixels?: number | undefined;
  quota: UploadQuota;
}

/** A snapshot from a camera. */
export interface CameraSnapshot {
  camera: string;
  bytes: Buffer;
  takenAt: number;
  /** Where detections count; everywhere if there are none. */
  zones?: Zone[];
  /** Milliseconds after `takenAt` until it is removed; undefined leaves that to the site's retention. */
  lifetimeMs?: number | undefined;
  /** What `analyseIf` found for it; without it the snapshot is analysed when it is recorded. */
  analysis?: Analysis | undefined;
}

/** Decides from a snapshot's thumbnail, `side` pixels long at most, whether the snapshot is searched. */
export interface ThumbnailGate {
  side: number;
  admits(thumbnail: Thumbnail): boolean;
}

/** A stored snapshot with its result. */
export interface Recorded {
  id: string;
  analysis: Analysis;
}

/** Writes what belongs to a recorded snapshot, in its transaction; see `ImageEntry.also`. */
export type RecordedWork<Value> = (transaction: Transaction, recorded: Recorded) => Promise<Value>;

/** An inspected image, ready to be analysed and stored. */
interface Received {
  bytes: Buffer;
  plan: AnalysisPlan;
  blob: BlobRow;
  image: ImageRow;
  /** Absent until it is analysed. */
  analysis?: Analysis | undefined;
}

/** Where an image comes from, and how long it is kept. */
type Origin = Pick<CameraSnapshot, 'takenAt' | 'lifetimeMs'> & { camera: string | null };

const originOf = (camera: string): JobOrigin => ({ kind: 'camera', id: camera });

/** The image API without HTTP: uploads, camera snapshots and their results. */
export class Images {
  constructor(
    private readonly store: ImageStore,
    private readonly analyser: Analyser,
    private readonly pending: PendingAnalyses,
    private readonly planner: Planner,
    private readonly limits: ImageLimits,
    private readonly clock: Clock,
  ) {}

  /** Analyses an upload and stores it with its result. An image that cannot be analysed is not stored. */
  async upload(bytes: Buffer, fields: UploadFields, client: JobOrigin): Promise<ImageResult> {
    const received = await this.#receiveUpload(bytes, fields);
    return this.#stored(client, received.bytes.length, async () => {
      const { result } = await this.#analyseAndCommit(received, client, noFurtherWrites);
      return presentAnalysis(presentImage(received.image, received.blob), result);
    });
  }

  /** Stores an upload at once and analyses it later, also after a restart. */
  async uploadPending(
    bytes: Buffer,
    fields: UploadFields,
    client: JobOrigin,
  ): Promise<ImageResult> {
    const { bytes: picture, plan, image, blob } = await this.#receiveUpload(bytes, fields);
    await this.pending.checkLimit(client);
    const store = async () => {
      const analysis = await this.analyser.stored(image.analysis_key);
      const result = analysis && { analysis, source: 'stored' as const };
      const entry = {
        blob,
        image: { ...image, plan: analysis ? null : JSON.stringify(plan) },
        ...(result && { result }),
        also: noFurtherWrites,
      };
      await this.store.commit(entry, picture);
      const shown = presentImage(image, blob);
      if (result) return presentAnalysis(shown, result);
      this.pending.add(image.id, client);
      return { status: 'PENDING' as const, image: shown };
    };
    return this.#stored(client, picture.length, () => this.store.guard.use(blob.sha256, store));
  }

  /** Counts the bytes of an upload for its client, unless it is not stored. */
  async #stored<Result>(
    client: JobOrigin,
    bytes: number,
    store: () => Promise<Result>,
  ): Promise<Result> {
    const giveBack = this.limits.quota.store(client, bytes);
    try {
      return await store();
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /**
   * Searches a camera's snapshot if the gate admits it, as one job with the thumbnail, and stores nothing. Undefined if
   * the gate does not, or if the result is known already; `record` finds it then.
   */
  analyseIf(
    { camera, bytes, zones }: Pick<CameraSnapshot, 'camera' | 'bytes' | 'zones'>,
    request: AnalysisRequest,
    gate: ThumbnailGate,
  ): Promise<Analysis | undefined> {
    const work = (thumbnail: Thumbnail) => {
      if (!gate.admits(thumbnail)) return undefined;
      const plan = this.#planFor(request, zones);
      inspectImage(bytes, this.limits.maxPixels);
      return { key: analysisKey(sha256Of(bytes), plan), plan };
    };
    const acceptsDamaged = request.damaged === 'accept';
    return this.analyser.analyseIf(bytes, gate.side, work, acceptsDamaged, originOf(camera));
  }

  /** Analyses a camera's snapshot and stores it. Commits with what `also` writes, and resolves with its value. */
  async record<Value>(
    { camera, bytes, takenAt, zones, lifetimeMs, analysis: known }: CameraSnapshot,
    request: AnalysisRequest,
    also: RecordedWork<Value>,
  ): Promise<{ recorded: Recorded; value: Value }> {
    const plan = this.#planFor(request, zones);
    const received = {
      ...(await this.#receive(bytes, plan, { camera, takenAt, lifetimeMs })),
      analysis: known,
    };
    const recorded = (analysis: Analysis): Recorded => ({ id: received.image.id, analysis });
    const { result, value } = await this.#analyseAndCommit(
      received,
      originOf(camera),
      (transaction, analysis) => also(transaction, recorded(analysis)),
    );
    return { recorded: recorded(result.analysis), value };
  }

  /** The same without space for the image: only what `also` writes is stored. */
  async recordWithoutImage<Value>(
    { camera, bytes, zones, analysis: known }: CameraSnapshot,
    request: AnalysisRequest,
    also: RecordedWork<Value>,
  ): Promise<{ recorded: Recorded; value: Value }> {
    const plan = this.#planFor(request, zones);
    inspectImage(bytes, this.limits.maxPixels);
    const key = analysisKey(sha256Of(bytes), plan);
    const origin = originOf(camera);
    const analysis = known ?? (await this.analyser.analyse(key, bytes, plan, origin)).analysis;
    const recorded = { id: uuid(), analysis };
    try {
      const work = (transaction: Transaction) => also(transaction, recorded);
      return { recorded, value: await unitOfWork(this.store.db, work) };
    } catch (error) {
      throw storageProblem(error);
    }
  }

  async result(id: string): Promise<ImageResult> {
    return presentStored(await this.find(id));
  }

  async find(id: string): Promise<StoredImage> {
    const stored = await imageTable.find(this.store.db, id);
    if (!stored || this.store.hasExpired(stored, this.clock()))
      throw new ProblemError('not_found', `There is no image ${id}.`);
    return stored;
  }

  /** Whether there are images with these bytes. */
  exists(sha256: string): Promise<boolean> {
    return blobTable.has(this.store.db, sha256);
  }

  /** A page ends before `limit` if its results are large. */
  async list(query: ImageQuery): Promise<ImagePage> {
    return presentPage(await imageTable.page(this.store.db, query));
  }

  /** The labels in results of stored images. */
  labels(): Promise<string[]> {
    return imageLabelTable.labels(this.store.db);
  }

  /** The cameras of stored images. */
  cameras(): Promise<string[]> {
    return imageTable.cameras(this.store.db);
  }

  async remove(id: string): Promise<void> {
    await this.find(id);
    await this.store.remove([id]);
  }

  #planFor(request: AnalysisRequest, zones: Zone[] = []): AnalysisPlan {
    return { ...this.planner.plan(request), ...(zones.length > 0 && { zones }) };
  }

  async #receiveUpload(bytes: Buffer, fields: UploadFields): Promise<Received> {
    const { uploadLifetimeMs: lifetimeMs, maxSearchedPixels } = this.limits;
    const origin = { camera: null, takenAt: this.clock(), lifetimeMs };
    const received = await this.#receive(trimPicture(bytes), this.planner.plan(fields), origin);
    if (maxSearchedPixels !== undefined)
      checkSearch(received.plan, received.blob, maxSearchedPixels);
    return received;
  }

  async #receive(
    bytes: Buffer,
    plan: AnalysisPlan,
    { camera, takenAt, lifetimeMs }: Origin,
  ): Promise<Received> {
    const { mediaType, width, height } = inspectImage(bytes, this.limits.maxPixels);
    await this.store.budget.check(bytes.length);
    const sha256 = sha256Of(bytes);
    return {
      bytes,
      plan,
      blob: { sha256, media_type: mediaType, bytes: bytes.length, width, height },
      image: {
        id: uuid(),
        sha256,
        analysis_key: analysisKey(sha256, plan),
        camera,
        created_at: takenAt,
        expires_at: lifetimeMs === undefined ? null : takenAt + lifetimeMs,
        plan: null,
        failure: null,
      },
    };
  }

  #analyseAndCommit<Value>(
    { bytes, plan, blob, image, analysis: known }: Received,
    origin: JobOrigin,
    also: (transaction: Transaction, analysis: Analysis) => Promise<Value>,
  ): Promise<{ result: SourcedAnalysis; value: Value }> {
    return this.store.guard.use(blob.sha256, async () => {
      const result: SourcedAnalysis = known
        ? { analysis: known, source: 'search' }
        : await this.analyser.analyse(image.analysis_key, bytes, plan, origin);
      const { width, height } = result.analysis;
      const entry = {
        // Of some kinds the header does not give the size that it has when decoded.
        blob: { ...blob, width, height },
        image,
        result,
        also: (transaction: Transaction) => also(transaction, result.analysis),
      };
      const value = await this.store.commit(entry, bytes);
      return { result, value };
    });
  }
}
