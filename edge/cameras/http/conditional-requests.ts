import type { Clock } from '../../../core/runtime/clock.js';

/** After so many responses of 304, or so long without a new picture, a request is sent without conditions. */
const MAX_NOT_MODIFIED = 10;
const LONGEST_MS = 300_000;

/** Validators of a picture (RFC 9110, section 8.8). */
export interface Validators {
  etag?: string | undefined;
  lastModified?: string | undefined;
}

/**
 * Conditional requests (RFC 9110, section 13) for what is newer than the last processed picture. Some cameras answer 304
 * for ever, so every now and then the picture is asked for whatever they say.
 */
export class ConditionalRequests {
  #validators: Validators = {};
  #notModified = 0;
  #keptAt = 0;

  constructor(private readonly steadyClock: Clock) {}

  headers(): Record<string, string> {
    const isDoubtful =
      this.#notModified >= MAX_NOT_MODIFIED || this.steadyClock() - this.#keptAt >= LONGEST_MS;
    if (isDoubtful) return {};
    const { etag, lastModified } = this.#validators;
    return {
      ...(etag && { 'If-None-Match': etag }),
      ...(lastModified && { 'If-Modified-Since': lastModified }),
    };
  }

  recordNotModified(): void {
    this.#notModified++;
  }

  /** Whether the camera answers 304 whatever it is asked. */
  get isStubborn(): boolean {
    return this.#notModified > MAX_NOT_MODIFIED;
  }

  /** Keeps the validators of a picture that was processed. Keep none of one that was refused. */
  keep(validators: Validators): void {
    this.#validators = validators;
    this.#notModified = 0;
    this.#keptAt = this.steadyClock();
  }
}
