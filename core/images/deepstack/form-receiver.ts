import type { Context, Middleware } from 'koa';
import { readBody } from '../../http/read-body.js';
import { UploadBudget, type UploadReservation } from '../../http/upload-budget.js';
import { ProblemError } from '../../runtime/errors.js';
import { type ClientForm, clientFormOf } from './client-form.js';

const FORM_OVERHEAD = 64 * 1024;
/** Base64 has four characters for three bytes, some of which an encoded form writes as three. */
const TEXT_FACTOR = 1.5;
/** The part of the budget that callers share who are not known before their form is read. */
const UNKNOWN_CALLERS_SHARE = 1 / 4;

interface ReceivedForm extends ClientForm {
  /** That it holds in memory. */
  bytes: number;
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

  /** Reads the form of a caller whom only the form identifies. */
  async identify(ctx: Context): Promise<ClientForm> {
    const reservation = this.#unknownCallers.reserve(ctx.ip);
    try {
      const form = await this.#read(ctx, reservation);
      ctx.state.form = form;
      return form;
    } finally {
      reservation.release();
    }
  }

  /** Reads the form if that was not done yet, and holds its bytes for the handlers that follow. */
  readonly receive: Middleware = async (ctx, next) => {
    const reservation = this.budget.reserve(ctx.ip);
    try {
      const known = ctx.state.form as ReceivedForm | undefined;
      if (known) reservation.add(known.bytes);
      else ctx.state.form = await this.#read(ctx, reservation);
      await next();
    } finally {
      reservation.release();
    }
  };

  async #read(ctx: Context, reservation: UploadReservation): Promise<ReceivedForm> {
    const { maxBytes } = this.budget.limits;
    const tooMany = `An image may have ${maxBytes} bytes.`;
    const body = await readBody(ctx, {
      maxBytes: Math.ceil(maxBytes * TEXT_FACTOR) + FORM_OVERHEAD,
      tooMany,
      count: reservation.add,
    });
    const form = clientFormOf(body, ctx.get('Content-Type'));
    const { image } = form;
    if (image && image.length > maxBytes) throw new ProblemError('too_many_bytes', tooMany);
    const isDecoded = image !== undefined && image.buffer !== body.buffer;
    if (isDecoded) reservation.add(image.length);
    return { ...form, bytes: isDecoded ? image.length : body.length };
  }
}

/** The form of a request; throws `missing_image` if it has no image. */
export function receivedForm(ctx: Context): { image: Buffer; fields: Record<string, string> } {
  const { image, fields } = ctx.state.form as ReceivedForm;
  if (!image)
    throw new ProblemError(
      'missing_image',
      'No valid image file found: send it in the field "image".',
      {
        errors: [{ path: 'image', message: 'expected a file' }],
      },
    );
  return { image, fields };
}
