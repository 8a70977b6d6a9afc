import { PassThrough, type Readable } from 'node:stream';
import { z } from 'zod';

/** A query's parameter that lets a stream end, for scripts and for Swagger UI, which waits for the end of a response. */
export const endAfterShape = {
  seconds: z.coerce.number().int().min(1).max(3_600).optional().meta({
    description: 'End the stream after this many seconds; without it, it goes on',
    example: 10,
  }),
};

/** The stream, with an ordinary end after so many seconds if any are given. */
export function endAfter(stream: Readable, seconds: number | undefined): Readable {
  if (seconds === undefined) return stream;
  const ending = new PassThrough();
  const timer = setTimeout(() => {
    stream.unpipe(ending);
    ending.end();
    stream.destroy();
  }, seconds * 1000);
  stream.once('error', (error) => ending.destroy(error));
  ending.once('close', () => {
    clearTimeout(timer);
    stream.destroy();
  });
  return stream.pipe(ending);
}
