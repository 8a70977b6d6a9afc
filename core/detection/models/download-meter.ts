import { bytesText } from './bytes-text.js';
import type { DownloadProgress } from './download-file.js';

/** The rate is that of the last seconds. */
const WINDOW_MS = 5_000;

interface Sample {
  bytes: number;
  at: number;
}

/** How fast a download is, and how far, as text. */
export class DownloadMeter {
  readonly #samples: Sample[] = [];

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** `3.4 of 10.0 MiB` and the like. */
  text(progress: DownloadProgress): string {
    const { bytes, totalBytes } = progress;
    const percent = percentOf(progress);
    const size =
      totalBytes === undefined
        ? bytesText(bytes)
        : `${bytesText(bytes)} of ${bytesText(totalBytes)}`;
    const rate = this.#rate(bytes);
    return [
      ...(percent === undefined ? [] : [`${percent} %`]),
      size,
      ...(rate === undefined ? [] : [`${bytesText(rate)}/s`]),
    ].join('  ');
  }

  #rate(bytes: number): number | undefined {
    const now = this.now();
    this.#samples.push({ bytes, at: now });
    while ((this.#samples[1]?.at ?? now) < now - WINDOW_MS) this.#samples.shift();
    const [first] = this.#samples;
    if (!first || now - first.at < 500 || bytes < first.bytes) return undefined;
    return Math.round(((bytes - first.bytes) * 1_000) / (now - first.at));
  }
}

export function percentOf({ bytes, totalBytes }: DownloadProgress): number | undefined {
  if (totalBytes === undefined || totalBytes === 0) return undefined;
  return Math.floor((bytes * 100) / totalBytes);
}
