import { StartError } from '../../runtime/errors.js';
import { type Candidate, MAX_CANDIDATES, TooManyCandidates } from './candidate.js';
import type { CascadeModel } from './cascade-model.js';
import { encodePlan, type PlannedJob } from './encode-plan.js';
import type { Size } from './geometry.js';
import { type CascadeHandle, type Kernel, loadKernel } from './kernel.js';
import { packCascade } from './pack-cascade.js';
import type { Region } from './regions.js';
import { atScale, planLevels, type ScaleRange, windowAt } from './search-plan.js';

/** 8-bit grey pixels, row by row without gaps. */
export interface GreyPixels extends Size {
  data: Uint8Array;
}

/** Width of the kernel's vectors. `auto` takes AVX2 if the processor has it. */
export type Simd = 'auto' | '128' | 'avx2';

export interface LoadedCascade {
  readonly window: Size;
  readonly handle: CascadeHandle;
}

export interface CascadeQuery extends ScaleRange {
  cascade: LoadedCascade;
}

/** Searches images with cascades, and finds the windows that OpenCV finds. */
export class CascadeEngine {
  constructor(
    private readonly kernel: Kernel,
    private readonly avx2: boolean,
  ) {}

  /** Throws `StartError` if the addon is missing, or the processor cannot run it that way. */
  static open(simd: Simd = 'auto'): CascadeEngine {
    const kernel = loadKernel();
    const avx2 = simd === 'auto' ? kernel.supports(true) : simd === 'avx2';
    if (!kernel.supports(avx2)) {
      throw new StartError(`the engine needs a processor with ${avx2 ? 'AVX2' : 'SSE 4.1'}`);
    }
    return new CascadeEngine(kernel, avx2);
  }

  load(model: CascadeModel): LoadedCascade {
    return { window: model.window, handle: this.kernel.loadCascade(packCascade(model)) };
  }

  /**
   * The candidates of each query, in OpenCV's order on one thread: by level, row and column. Queries share the resized
   * images and their sums. With regions, only those that reach one of them; only the rows and columns of such
   * windows are searched. Throws `TooManyCandidates`.
   */
  searchCandidates(image: GreyPixels, queries: CascadeQuery[], regions?: Region[]): Candidate[][] {
    const planned = queries.map(({ cascade: { window }, ...range }, cascade) =>
      planLevels(image, window, range).map((level): PlannedJob => ({ cascade, window, level })),
    );
    const plan = encodePlan(planned.flat(), regions);
    if (plan.jobs.length === 0) return queries.map(() => []);
    const passed = this.kernel.search(
      image.data,
      image.width,
      image.height,
      plan.words,
      queries.map(({ cascade }) => cascade.handle),
      this.avx2,
    );
    if (!passed || passed.scores.length > MAX_CANDIDATES) throw new TooManyCandidates();
    const { windows, scores } = passed;
    const found = new Map<PlannedJob, Candidate[]>(plan.jobs.map((job) => [job, []]));
    for (const [i, score] of scores.entries()) {
      const job = plan.jobs[windows[3 * i] ?? 0];
      if (!job) throw new Error('the kernel returned a window of an unknown job');
      const [x, y] = [windows[3 * i + 1] ?? 0, windows[3 * i + 2] ?? 0];
      found.get(job)?.push(candidate(job, x, y, score));
    }
    return planned.map((jobs) => jobs.flatMap((job) => found.get(job) ?? []));
  }
}

function candidate({ window, level }: PlannedJob, x: number, y: number, score: number): Candidate {
  return {
    x: atScale(x, level.scale),
    y: atScale(y, level.scale),
    ...windowAt(window, level.scale),
    score,
  };
}
