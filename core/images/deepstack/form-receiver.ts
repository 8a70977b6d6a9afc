import type { Context, Middleware } from 'koa';
import { readBody } from '../../http/read-body.js';
import { FORM_OVERHEAD } from '../../http/upload.js';
import { UploadBudget, type UploadReservation } from '../../http/upload-budget.js';
import { ProblemError } from '../../runtime/errors.js';
import { type ClientForm, clientFormOf } from './client-form.js';

/** Base64 has four characters for three bytes, some of which an encoded form writes as three. */
const TEXT_FACTOR = 1.5;
/** The part of the budget that callers share who are not known before their form is read. */
const UNKNOWN_CALLERS_SHARE = 1 / 4;

interface UnopenedForm extends ClientForm {
  body: Buffer;
}

/** The form of a request, with its image. */
export interface ReceivedForm {
  image: Buffer;
  fields: Record<string, string>;
}

/** Receives forms in memory, within limits. `receivedForm` returns the form of a request. */
export class FormReceiver {
  /** So that callers without a token leave most of the memory to those with one. */
  readonly #unknownCallers: UploadBudget;

  constructor(private readonly budget: UploadBudget) {
    const { maxBytes, maxBytesUnderWay } = budget.limits;
    this.#unknownCallers = new UploadBudget({
      maxBytes,
      maxBytesUnderWay: maxBytesUnderWay * UNKNOWN_CALLERS_SHARE,
    });
  }

  /**
   * Reads the form of a caller whom only the form identifies, and resolves with whom `callerOf` finds; `receive` goes
   * on with the form. Its memory counts as an unknown caller's until `callerOf` has settled.
   */
  async identify<Caller>(
    ctx: Context,
    callerOf: (fields: ClientForm['fields']) => Promise<Caller>,
  ): Promise<Caller> {
    const reservation = this.#unknownCallers.reserve(ctx.ip);
    try {
      const form = await this.#read(ctx, reservation);
      const caller = await callerOf(form.fields);
      ctx.state.unopenedForm = form;
      return caller;
    } finally {
      reservation.release();
    }
  }

  /** Reads the form if that was not done yet, and holds its memory for the handlers that follow. */
  readonly receive: Middleware = async (ctx, next) => {
    const reservation = this.budget.reserve(ctx.ip);
    try {
      ctx.state.form = this.#opened(await this.#take(ctx, reservation), reservation);
      await next();
    } finally {
      reservation.release();
    }
  };

  /** The form that `identify` has read, which nothing else keeps then; otherwise reads it. */
  #take(ctx: Context, reservation: UploadReservation): Promise<UnopenedForm> | UnopenedForm {
    const known = ctx.state.unopenedForm as UnopenedForm | undefined;
    if (!known) return this.#read(ctx, reservation);
    delete ctx.state.unopenedForm;
    reservation.add(known.body.length);
    return known;
  }

  async #read(ctx: Context, reservation: UploadReservation): Promise<UnopenedForm> {
    const body = await readBody(ctx, {
      maxBytes: Math.ceil(this.budget.limits.maxBytes * TEXT_FACTOR) + FORM_OVERHEAD,
      tooMany: this.#tooMany,
      reservation,
    });
    return { ...clientFormOf(body, ctx.get('Content-Type')), body };
  }

  #opened(form: UnopenedForm, reservation: UploadReservation): ReceivedForm {
    const image = form.image();
    if (!image) throw new ProblemError('missing_image', NO_IMAGE, { errors: [EXPECTED] });
    if (image.length > this.budget.limits.maxBytes)
      throw new ProblemError('too_many_bytes', this.#tooMany);
    if (image.buffer !== form.body.buffer) reservation.add(image.length);
    return { image, fields: form.fields };
  }

  get #tooMany(): string {
    return `An image may have ${this.budget.limits.maxBytes} bytes.`;
  }
}

const NO_IMAGE = 'No valid image file found: send it in the field "image".';
const EXPECTED = { path: 'image', message: 'expected a file' };

export const receivedForm = (ctx: Context): ReceivedForm => ctx.state.form as ReceivedForm;
