import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { messageOf, StartError } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import { checkKey } from './file-key.js';
import type { FileStore, StoredFile } from './file-store.js';
import { FilesUnavailableError } from './files-unavailable.js';

export interface S3Bucket {
  bucket: string;
  /** Levels above the keys. */
  prefix?: string | undefined;
  region: string;
  /** For a store other than Amazon's. */
  endpoint?: string | undefined;
  /** Whether the bucket is part of the path, not of the host name. */
  pathStyle: boolean;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface S3Deadlines {
  connectMs: number;
  /** Without any byte in either direction. A command has three attempts, with a growing pause between them. */
  silenceMs: number;
  /** For one attempt, until its answer has arrived: an upload over a slow link takes long. */
  attemptMs: number;
  /** For the next bytes of an object that is read. */
  bytesMs: number;
  /** For the check whether the store can be used. */
  checkMs: number;
}

const DEADLINES: S3Deadlines = {
  connectMs: 3_000,
  silenceMs: 10_000,
  attemptMs: 60_000,
  bytesMs: 10_000,
  checkMs: 3_000,
};
const MAX_ATTEMPTS = 3;

/**
 * Files as objects of an S3-compatible store, so that several processes share them. A key is derived from the content,
 * so two that put the same key at once do no harm: they store the same bytes, and an object appears whole.
 */
export class S3FileStore implements FileStore, Service {
  readonly name = 'files';
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  readonly #deadlines: S3Deadlines;

  constructor(bucket: S3Bucket, deadlines: Partial<S3Deadlines> = {}) {
    const { prefix } = bucket;
    this.#deadlines = { ...DEADLINES, ...deadlines };
    this.#bucket = bucket.bucket;
    this.#prefix = prefix === undefined ? '' : `${prefix.replace(/\/$/, '')}/`;
    this.#client = clientOf(bucket, this.#deadlines);
  }

  /** Throws a `StartError` if the bucket cannot be reached. */
  async start(): Promise<void> {
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }));
    } catch (error) {
      throw new StartError(`the bucket ${this.#bucket} cannot be used: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  async stop(): Promise<void> {
    this.#client.destroy();
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    if (await this.get(key)) return;
    const object = { ...this.#object(key), Body: bytes, ContentLength: bytes.length };
    await available(this.#client.send(new PutObjectCommand(object)));
  }

  async get(key: string): Promise<StoredFile | undefined> {
    const object = this.#object(key);
    const head = await available(this.#client.send(new HeadObjectCommand(object)).catch(ifMissing));
    if (!head) return undefined;
    return {
      bytes: head.ContentLength ?? 0,
      read: (range) => Readable.from(this.#chunks(key, range), { objectMode: false }),
    };
  }

  async readWhole(key: string): Promise<Buffer | undefined> {
    const command = new GetObjectCommand(this.#object(key));
    const found = await available(this.#client.send(command).catch(ifMissing));
    if (!found) return undefined;
    const chunks: Buffer[] = [];
    for await (const chunk of this.#bytesOf(found.Body)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async remove(key: string): Promise<void> {
    await available(this.#client.send(new DeleteObjectCommand(this.#object(key))));
  }

  async check(): Promise<void> {
    const abortSignal = AbortSignal.timeout(this.#deadlines.checkMs);
    await available(
      this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }), { abortSignal }),
    );
  }

  /** The request starts with the first read, and is cancelled with the reader. */
  async *#chunks(key: string, range?: { start: number; end: number }): AsyncGenerator<Buffer> {
    const { Body } = await available(
      this.#client.send(
        new GetObjectCommand({
          ...this.#object(key),
          ...(range && { Range: `bytes=${range.start}-${range.end}` }),
        }),
      ),
    );
    yield* this.#bytesOf(Body);
  }

  /** Fails if the next bytes do not arrive in time: the client has no deadline for the body. */
  async *#bytesOf(body: unknown): AsyncGenerator<Buffer> {
    if (!(body instanceof Readable)) return;
    const chunks = body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const stop = new AbortController();
        const late = delay(this.#deadlines.bytesMs, 'late' as const, {
          signal: stop.signal,
        }).catch(() => 'late' as const);
        const next = await available(Promise.race([chunks.next(), late]));
        stop.abort();
        if (next === 'late') throw new FilesUnavailableError('the rest of a file does not arrive');
        if (next.done) return;
        yield next.value as Buffer;
      }
    } finally {
      body.destroy();
    }
  }

  #object(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${checkKey(key)}` };
  }
}

/** Creates a bucket; false if it exists already. Throws a `StartError` if the store cannot be used. */
export async function createBucket(settings: S3Bucket): Promise<boolean> {
  const client = clientOf(settings);
  const { bucket: Bucket } = settings;
  try {
    if (await client.send(new HeadBucketCommand({ Bucket })).catch(ifMissing)) return false;
    await client.send(new CreateBucketCommand({ Bucket }));
    return true;
  } catch (error) {
    throw new StartError(`the bucket ${Bucket} cannot be created: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    client.destroy();
  }
}

const clientOf = (
  { region, endpoint, pathStyle, accessKeyId, secretAccessKey }: S3Bucket,
  { connectMs, silenceMs, attemptMs } = DEADLINES,
) =>
  new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    forcePathStyle: pathStyle,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: connectMs,
      socketTimeout: silenceMs,
      requestTimeout: attemptMs,
      throwOnRequestTimeout: true,
    },
    // Not every S3-compatible store supports the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });

/** Throws `FilesUnavailableError` for every failure: none is the caller's mistake. */
async function available<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof FilesUnavailableError) throw cause;
    throw new FilesUnavailableError(reasonOf(cause), { cause });
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof S3ServiceException) {
    const { httpStatusCode } = cause.$metadata;
    if (httpStatusCode !== undefined) return `it answers with ${httpStatusCode} (${cause.name})`;
  }
  const { code, name } = cause as { code?: string; name?: string };
  if (name === 'TimeoutError' || name === 'AbortError') return 'it does not answer in time';
  return `it cannot be reached${code === undefined ? '' : ` (${code})`}`;
}

function ifMissing(error: unknown): undefined {
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return;
  throw error;
}
