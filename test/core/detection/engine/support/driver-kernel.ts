import { spawnSync } from 'node:child_process';
import type { CascadeHandle, Kernel } from '../../../../../core/detection/engine/kernel.js';

/** Bytes of a hit: its job, x and y in 32 bits each, and its score as a double. */
const HIT_BYTES = 20;

/**
 * The kernel in a program of its own (`native/driver.cpp`), started for every search: how builds are tested that cannot
 * be loaded here, be it for another processor or with a sanitizer.
 */
export class DriverKernel implements Kernel {
  readonly #tables = new Map<CascadeHandle, Int32Array>();

  /** `command` is the program with what runs it, e.g. `['qemu-aarch64-static', 'driver']`. */
  constructor(
    private readonly command: string[],
    private readonly vectors: { avx2: boolean },
  ) {}

  loadCascade(tables: Int32Array): CascadeHandle {
    const handle = {} as CascadeHandle;
    this.#tables.set(handle, tables);
    return handle;
  }

  search(
    pixels: Uint8Array,
    width: number,
    height: number,
    plan: Int32Array,
    cascades: CascadeHandle[],
    avx2: boolean,
  ): { windows: Int32Array; scores: Float64Array } {
    const [program = '', ...args] = this.command;
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      input: Buffer.concat([
        bytesOf(Int32Array.of(width, height, cascades.length, avx2 ? 1 : 0)),
        pixels.subarray(0, width * height),
        ...cascades.flatMap((cascade) => withLength(this.#tables.get(cascade))),
        ...withLength(plan),
      ]),
      maxBuffer: 64 * 1024 * 1024,
    });
    if (error) throw error;
    if (status !== 0) throw new Error(`the driver ended with ${status}: ${stderr}`);
    return readHits(stdout);
  }

  supports(avx2: boolean): boolean {
    return !avx2 || this.vectors.avx2;
  }
}

const bytesOf = (words: Int32Array) =>
  Buffer.from(words.buffer, words.byteOffset, words.byteLength);

const withLength = (words: Int32Array = new Int32Array()) => [
  bytesOf(Int32Array.of(words.length)),
  bytesOf(words),
];

function readHits(bytes: Buffer): { windows: Int32Array; scores: Float64Array } {
  const count = bytes.length / HIT_BYTES;
  const windows = new Int32Array(3 * count);
  const scores = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 3; k++) windows[3 * i + k] = bytes.readInt32LE(i * HIT_BYTES + 4 * k);
    scores[i] = bytes.readDoubleLE(i * HIT_BYTES + 12);
  }
  return { windows, scores };
}
