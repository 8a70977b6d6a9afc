import type { ServerResponse } from 'node:http';
import { Stream } from 'node:stream';
import type { Context } from 'koa';
import type { Principal } from '../http/access.js';
import { messageOf, ProblemError } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';

const CHECK_EVERY_MS = 1_000;

interface OpenResponse {
  res: ServerResponse;
  hasEnded: boolean;
}

/**
 * The responses that are under way, by the credential that opened them. A stream of events would otherwise go on after
 * its token was removed. What another process removes is noticed within a second.
 */
export class OpenResponses implements Service {
  readonly name = 'open responses';
  readonly #open = new Map<string, Set<OpenResponse>>();
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;

  constructor(
    private readonly isLive: (credential: string) => Promise<boolean>,
    private readonly log: Logger,
  ) {}

  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#check(), CHECK_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
  }

  /** Runs `next`, which sets the response, and ends a response that is a stream together with the caller's credential. */
  async whileValid(
    ctx: Context,
    { credential }: Principal,
    next: () => Promise<unknown>,
  ): Promise<void> {
    if (credential === undefined) {
      await next();
      return;
    }
    const response = this.#add(credential, ctx.res);
    await next();
    if (response.hasEnded && ctx.body instanceof Stream)
      throw new ProblemError('unauthorized', 'The token or session has ended.');
  }

  /** Ends the responses that a credential has opened. One that was not begun yet, such as that of a log-out, is sent. */
  end(credential: string): void {
    for (const response of this.#open.get(credential) ?? []) {
      response.hasEnded = true;
      if (response.res.headersSent) response.res.destroy();
    }
  }

  #add(credential: string, res: ServerResponse): OpenResponse {
    const response = { res, hasEnded: false };
    const responses = this.#open.get(credential) ?? new Set();
    this.#open.set(credential, responses.add(response));
    res.once('close', () => {
      responses.delete(response);
      if (responses.size === 0 && this.#open.get(credential) === responses)
        this.#open.delete(credential);
    });
    return response;
  }

  async #check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    try {
      for (const [credential, responses] of this.#open) {
        const isStreaming = [...responses].some(({ res }) => res.headersSent);
        if (isStreaming && !(await this.isLive(credential))) this.end(credential);
      }
    } catch (error) {
      this.log.debug({ error: messageOf(error) }, 'open responses could not be checked');
    } finally {
      this.#isChecking = false;
    }
  }
}
