import type { Analysis } from '../contract/detection.js';
import type { ImagePage, ImageResource, ImageResult, ImageStatus } from '../contract/image.js';
import type { Problem } from '../contract/problem.js';
import { toIsoString } from '../runtime/clock.js';
import type { BoundedPage } from '../store/bounded-page.js';
import type { SourcedAnalysis } from './analyser.js';
import type { StoredImage } from './image-table.js';
import { readAnalysis } from './stored-analysis.js';
import type { BlobRow, ImageRow } from './tables.js';

export const IMAGE_PATH = '/objectdetection/image';
export const API_PREFIX = '/api/v1';

/** The API's form of a row: links by id, never by file name. */
export function presentImage(
  image: Pick<ImageRow, 'id' | 'camera' | 'created_at' | 'expires_at'>,
  blob: BlobRow | StoredImage,
): ImageResource {
  const self = `${API_PREFIX}${IMAGE_PATH}/${image.id}`;
  return {
    id: image.id,
    sha256: blob.sha256,
    mediaType: blob.media_type,
    bytes: Number(blob.bytes),
    width: blob.width,
    height: blob.height,
    camera: image.camera,
    createdAt: toIsoString(Number(image.created_at)),
    expiresAt: image.expires_at === null ? null : toIsoString(Number(image.expires_at)),
    links: { original: self, processed: `${self}/processed`, detections: `${self}/detections` },
  };
}

export function presentAnalysis(
  image: ImageResource,
  { analysis, source }: SourcedAnalysis,
): ImageResult {
  const { detectors, preparation, times } = analysis;
  const found = foundBy(analysis);
  return {
    status: 'OK',
    cached: source !== 'search',
    image,
    ...found,
    detectors,
    preparation,
    times,
  };
}

/** The result of a stored image, whether it is analysed, pending or failed. */
export function presentStored(stored: StoredImage): ImageResult {
  const image = presentImage(stored, stored);
  if (stored.result !== null)
    return presentAnalysis(image, { analysis: resultOf(stored), source: 'stored' });
  if (stored.failure !== null)
    return { status: 'FAILED', image, problem: JSON.parse(stored.failure) as Problem };
  return { status: 'PENDING', image };
}

export function presentPage({ items, hasMore }: BoundedPage<StoredImage>): ImagePage {
  return {
    status: 'OK',
    images: items.map((stored) => ({
      ...presentImage(stored, stored),
      status: statusOf(stored),
      ...(stored.result === null ? { detections: [] } : foundBy(resultOf(stored))),
    })),
    next: hasMore ? (items.at(-1)?.id ?? null) : null,
  };
}

const foundBy = ({ detections, omitted, damaged }: Analysis) => ({
  detections,
  ...(omitted !== undefined && { omitted }),
  ...(damaged && { damaged }),
});

export const statusOf = ({ result, failure }: StoredImage): ImageStatus => {
  if (result !== null) return 'OK';
  return failure === null ? 'PENDING' : 'FAILED';
};

export const resultOf = ({ result }: StoredImage): Analysis => readAnalysis(result ?? '');
