import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { bytesText } from './bytes-text.js';
import { DownloadError, interrupted } from './download-error.js';
import {
  chunksOf,
  lengthOf,
  requirePlain,
  statusFault,
  validatorOf,
  withoutUser,
} from './file-response.js';
import { type Opened, openUrl } from './open-url.js';
import { PartialFile } from './partial-file.js';
import type { ProxyVariables } from './proxy.js';

export interface WantedFile {
  url: URL;
  sha256: string;
  /** Its exact size, if it is known. */
  bytes?: number | undefined;
  /** A larger file is refused. */
  maxBytes: number;
}

export interface DownloadProgress {
  bytes: number;
  /** Absent if neither the caller nor the server knows it. */
  totalBytes: number | undefined;
}

export interface DownloadLimits {
  /** Time for a connection and the head of a response. */
  connectMs: number;
  /** A download that receives almost nothing for this long is interrupted. */
  stallMs: number;
  /** Failures in a row, without a byte between them, after which it gives up. */
  attempts: number;
  /** The first pause between attempts; it doubles up to `maxPauseMs`. */
  pauseMs: number;
  maxPauseMs: number;
}

export const downloadLimits: DownloadLimits = {
  connectMs: 20_000,
  stallMs: 30_000,
  attempts: 5,
  pauseMs: 1_000,
  maxPauseMs: 30_000,
};

/** Limit on the attempts of one download, also of one that progresses by a few bytes each time. */
const MAX_ATTEMPTS = 100;

export interface DownloadOptions {
  /** Where the file is collected. What an interrupted download leaves there is used by the next. */
  folder: string;
  proxies: ProxyVariables;
  userAgent: string;
  signal: AbortSignal;
  onProgress?: (progress: DownloadProgress) => void;
  /** Called before each pause. */
  onRetry?: (reason: string, pauseMs: number) => void;
  limits?: Partial<DownloadLimits>;
}

/**
 * Downloads a file over HTTP or HTTPS, and goes on where an earlier attempt was interrupted. Resolves with the finished
 * file, which the caller moves or removes; its SHA-256 is the wanted one. Throws DownloadError. Callers make sure that
 * nobody else downloads the same file to the same folder.
 */
export async function downloadFile(
  wanted: WantedFile,
  options: DownloadOptions,
): Promise<PartialFile> {
  const shownUrl = withoutUser(wanted.url);
  const partial = await PartialFile.open(options.folder, wanted.sha256, shownUrl);
  try {
    await new Download(wanted, partial, options).run();
    await partial.close();
    return partial;
  } catch (error) {
    await partial.close();
    if (options.signal.aborted) throw new DownloadError('cancelled', 'the download was cancelled');
    throw error;
  }
}

class Download {
  readonly #limits: DownloadLimits;

  constructor(
    private readonly wanted: WantedFile,
    private readonly partial: PartialFile,
    private readonly options: DownloadOptions,
  ) {
    this.#limits = { ...downloadLimits, ...options.limits };
  }

  async run(): Promise<void> {
    this.partial.isPatched = this.partial.size > 0;
    await this.#fetchAll();
    if (await this.#isWanted()) return;
    // Bytes of two versions, e.g. of a server that ignores If-Range.
    if (this.partial.isPatched) {
      await this.partial.clear();
      await this.#fetchAll();
      if (await this.#isWanted()) return;
    }
    const { host } = this.wanted.url;
    await this.partial.remove();
    throw new DownloadError(
      'hash',
      `the file from ${host} is not the expected one: its SHA-256 differs from ${this.wanted.sha256}; it was removed`,
    );
  }

  async #isWanted(): Promise<boolean> {
    return (await this.partial.finish()) === this.wanted.sha256;
  }

  /** Until all bytes are there. */
  async #fetchAll(): Promise<void> {
    const { attempts, pauseMs, maxPauseMs } = this.#limits;
    let failures = 0;
    for (let attempt = 1; ; attempt++) {
      const before = this.partial.size;
      try {
        return await this.#fetchRest();
      } catch (error) {
        if (!(error instanceof DownloadError) || !error.isTemporary) throw error;
        failures = this.partial.size > before ? 1 : failures + 1;
        if (failures >= attempts || attempt >= MAX_ATTEMPTS) throw error;
        const backoff = Math.min(pauseMs * 2 ** (failures - 1), maxPauseMs);
        const pause = Math.min(Math.max(backoff, error.retryAfterMs ?? 0), maxPauseMs);
        this.options.onRetry?.(error.message, pause);
        await delay(pause, undefined, { signal: this.options.signal });
      }
    }
  }

  async #fetchRest(): Promise<void> {
    const { wanted, partial } = this;
    if (wanted.bytes !== undefined) {
      if (partial.size > wanted.bytes) await partial.clear();
      if (partial.size === wanted.bytes) return;
    }
    const opened = await openUrl(wanted.url, {
      headers: this.#headers(),
      connectMs: this.#limits.connectMs,
      proxies: this.options.proxies,
      signal: this.options.signal,
    });
    try {
      await this.#receive(opened);
    } finally {
      opened.response.destroy();
    }
  }

  #headers(): Record<string, string> {
    const { size, validator } = this.partial;
    return {
      Accept: '*/*',
      'Accept-Encoding': 'identity',
      'User-Agent': this.options.userAgent,
      ...(size > 0 && { Range: `bytes=${size}-` }),
      ...(size > 0 && validator !== undefined && { 'If-Range': validator }),
    };
  }

  async #receive({ response, url }: Opened): Promise<void> {
    const { partial } = this;
    const { statusCode: status = 0, headers } = response;
    if (status === 416) {
      await partial.clear();
      throw interrupted(`${url.host} has no bytes after those that have arrived; starting again`);
    }
    if (status !== 200 && status !== 206) throw statusFault(response, url);
    requirePlain(headers['content-encoding'], url);
    const total = status === 206 ? await this.#continued(response, url) : lengthOf(response);
    if (status === 200 && partial.size > 0) await partial.clear();
    if (partial.size > 0) partial.isPatched = true;
    await this.#checkSize(total, url);
    if (total !== undefined) await partial.reserve(total - partial.size);
    await partial.remember(validatorOf(response));
    await this.#collect(response, url, total);
  }

  /** The size of the whole file, from a part that begins where the last one ended. */
  async #continued({ headers }: IncomingMessage, url: URL): Promise<number | undefined> {
    const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
    if (match && Number(match[1]) === this.partial.size)
      return match[2] === '*' ? undefined : Number(match[2]);
    await this.partial.clear();
    throw interrupted(`${url.host} sent another part than the one asked for; starting again`);
  }

  /** What arrived of a file of another size is of no use. */
  async #checkSize(total: number | undefined, { host }: URL): Promise<void> {
    const { bytes, maxBytes } = this.wanted;
    if (total === undefined || total === bytes) return;
    if (bytes !== undefined || total > maxBytes) await this.partial.clear();
    if (bytes !== undefined)
      throw new DownloadError(
        'size',
        `the file at ${host} is not the expected one: it has ${total} bytes instead of ${bytes}`,
      );
    if (total > maxBytes)
      throw new DownloadError(
        'size',
        `the file at ${host} has ${bytesText(total)}; at most ${bytesText(maxBytes)} are accepted`,
      );
  }

  async #collect(response: IncomingMessage, url: URL, total: number | undefined): Promise<void> {
    const { partial, wanted, options } = this;
    const totalBytes = total ?? wanted.bytes;
    const report = () => options.onProgress?.({ bytes: partial.size, totalBytes });
    report();
    for await (const chunk of chunksOf(response, url, this.#limits.stallMs, options.signal)) {
      if (partial.size + chunk.length > (totalBytes ?? wanted.maxBytes)) {
        await partial.clear();
        throw new DownloadError('size', `${url.host} sends more bytes than the file may have`);
      }
      await partial.append(chunk);
      report();
    }
    if (total !== undefined && partial.size < total)
      throw interrupted(`${url.host} ended the connection after ${partial.size} of ${total} bytes`);
    if (wanted.bytes === undefined || partial.size === wanted.bytes) return;
    // Chunks have an end of their own; without them a cut is not to be told from one.
    if (response.headers['transfer-encoding'] !== undefined)
      await this.#checkSize(partial.size, url);
    throw interrupted(
      `${url.host} ended the connection after ${partial.size} of ${wanted.bytes} bytes`,
    );
  }
}
