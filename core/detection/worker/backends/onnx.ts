import type { Box, Orientation } from '../../../contract/detection.js';
import { tilesOf } from '../../../contract/tiles.js';
import type { Extent } from '../../boxes.js';
import type { ColourPixels, NativeDecoder } from '../../decoder/native-decoder.js';
import type { ModelDescription, PlannedModel } from '../../detection.js';
import { MAX_CANDIDATES } from '../../engine/candidate.js';
import type { Candidate } from '../../onnx/candidate.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { inPicture, type PicturePart, placementOf } from '../../onnx/placement.js';
import type { OnnxRuntime } from '../../onnx/runtime.js';
import { suppress } from '../../onnx/suppress.js';
import { joinTiles, type TileFinds, tileParts, tilesToSearch } from '../../onnx/tiles.js';
import { UnusableModel } from '../../onnx/unusable-model.js';
import type { DetectorFiles } from '../detector-files.js';
import { Refusal } from '../refusal.js';
import { ModelCache } from './model-cache.js';

export interface ModelQuery {
  detector: PlannedModel;
  /** Weaker ones are not wanted. */
  minConfidence: number;
  /** In pixels of the picture; 0 sets no upper limit. */
  minSize: Extent;
  maxSize: Extent;
  tiles: string;
  /** In pixels of the picture: only the tiles that one of them touches are searched. */
  regions: Box[] | undefined;
}

/** Searches pictures with ONNX models, one at a time. */
export class ModelSearch {
  readonly #models: ModelCache;
  /** Of the input, for one model after the other; pages of fresh memory cost a tenth of a search. */
  #input = new ArrayBuffer(0);

  /** `runtime` is called with the first search. */
  constructor(
    private readonly native: NativeDecoder,
    runtime: () => OnnxRuntime,
    maxBytes?: number,
    files?: DetectorFiles,
  ) {
    this.#models = new ModelCache(runtime, maxBytes, files);
  }

  /** What is kept from search to search in the memory of JavaScript's buffers. */
  get keptBytes(): number {
    return this.#input.byteLength;
  }

  /** What was found, strongest first, in pixels of the picture. Throws a `Refusal`. */
  async search(picture: ColourPixels, query: ModelQuery): Promise<Candidate[]> {
    try {
      return await this.#search(picture, query);
    } catch (error) {
      if (!(error instanceof UnusableModel)) throw error;
      await this.#models.remove(query.detector, query.detector.model);
      throw new Refusal('analysis_failed', `The model of ${query.detector.id}: ${error.message}.`);
    }
  }

  async #search(picture: ColourPixels, query: ModelQuery): Promise<Candidate[]> {
    const { detector, tiles } = query;
    const { file, sha256, parameters } = detector;
    const model = await this.#models.get({ file, sha256 }, detector.model);
    const { columns, rows } = tilesOf(tiles);
    const parts = tileParts(picture, columns, rows);
    const finds: TileFinds[] = [];
    let candidates = 0;
    for (;;) {
      const next = tilesToSearch(parts, finds, query.regions, picture);
      if (next.length === 0) break;
      for (const part of next) {
        const found = await this.#searchPart(model, picture, part, query);
        candidates += found.length;
        if (candidates > MAX_CANDIDATES) throw tooManyCandidates();
        finds.push({ part, found: suppress(found, parameters.maxOverlap) });
      }
    }
    const isWanted = (box: Candidate) => hasSize(box, query);
    const [first, ...others] = finds;
    if (first && others.length === 0) return first.found.filter(isWanted);
    return suppress(joinTiles(finds, picture).filter(isWanted), parameters.maxOverlap);
  }

  async #searchPart(
    model: OnnxModel,
    picture: ColourPixels,
    part: PicturePart,
    { detector, minConfidence }: ModelQuery,
  ): Promise<Candidate[]> {
    const { input } = model;
    const { family, channels, mean, scale, letterbox, labels } = detector.model;
    const placement = placementOf(part, input, letterbox.align);
    const pixels = this.#inputMemory(model);
    this.native.letterbox(
      picture,
      part,
      {
        ...placement,
        width: input.width,
        height: input.height,
        fill: letterbox.fill,
        rgb: channels === 'rgb',
        interleaved: input.interleaved,
        mean,
        scale,
      },
      pixels,
    );
    const outputs = await model.run(pixels);
    const layout = model.layoutOf(outputs, { family, classes: labels.length });
    return layout
      .decode(outputs, minConfidence)
      .flatMap((found) => inPicture(found, part, placement) ?? []);
  }

  #inputMemory({ input: { type, width, height } }: OnnxModel): Float32Array | Uint8Array {
    const count = 3 * width * height;
    const bytes = type === 'uint8' ? count : count * Float32Array.BYTES_PER_ELEMENT;
    if (this.#input.byteLength < bytes) this.#input = new ArrayBuffer(bytes);
    return type === 'uint8'
      ? new Uint8Array(this.#input, 0, count)
      : new Float32Array(this.#input, 0, count);
  }
}

/** As with cascades, whose windows are as wide and high as the object: both sides are within the limits. */
function hasSize({ width, height }: Candidate, { minSize, maxSize }: ModelQuery): boolean {
  if (width < minSize.width || height < minSize.height) return false;
  return maxSize.width === 0 || (width <= maxSize.width && height <= maxSize.height);
}

/**
 * How large a picture has to be for the models, as a part of the image's size: each tile has the pixels that the input
 * takes, within the working size.
 */
export function neededScale(
  models: Pick<ModelDescription, 'width' | 'height'>[],
  {
    tiles,
    workingSize,
    orientations,
  }: {
    tiles: string;
    workingSize: number;
    orientations: Orientation[];
  },
  size: Extent,
): number {
  const { columns, rows } = tilesOf(tiles);
  const scales = orientations.flatMap((orientation) => {
    const { width, height } = size;
    const turned = orientation % 180 === 0 ? { width, height } : { width: height, height: width };
    const [part] = tileParts(turned, columns, rows);
    if (!part) return [];
    return models.map((input) => Math.min(input.width / part.width, input.height / part.height));
  });
  const cap = workingSize === 0 ? 1 : workingSize / Math.max(size.width, size.height);
  return Math.min(1, cap, Math.max(...scales));
}

const tooManyCandidates = () =>
  new Refusal(
    'analysis_failed',
    `The model finds something at more than ${MAX_CANDIDATES} places in it; a higher minConfidence leaves fewer.`,
  );
