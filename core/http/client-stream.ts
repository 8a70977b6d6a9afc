import { Readable } from 'node:stream';

export interface ClientStreamOptions {
  /** A client that reads nothing for this long is disconnected. */
  patienceMs: number;
  /** Called once, when the client has gone or `content` has ended. It lets what `content` waits for end. */
  onEnd(): void;
}

const BUFFERED_BYTES = 16_384;

/**
 * A response that goes on until its client leaves. `content` is read at the client's pace: it calls its argument each
 * time when the client has read everything so far.
 */
export function clientStream(
  content: (onDrained: () => void) => AsyncGenerator<string | Buffer>,
  { patienceMs, onEnd }: ClientStreamOptions,
): Readable {
  const stream = Readable.from(
    content(() => watchdog.refresh()),
    { objectMode: false, highWaterMark: BUFFERED_BYTES },
  );
  // The generator returns only once what it waits for has come: without this, the stream of a client that went away
  // would count until the next heartbeat.
  const release = stream._destroy.bind(stream);
  stream._destroy = (error, done) => {
    onEnd();
    release(error, done);
  };
  const watchdog = setTimeout(() => stream.destroy(), patienceMs).unref();
  stream.once('close', () => {
    clearTimeout(watchdog);
    onEnd();
  });
  return stream;
}
