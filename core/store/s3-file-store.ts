import { Readable } from 'node:stream';
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

/**
 * Files as objects of an S3-compatible store, so that several processes share them. A key is derived from the content,
 * so two that put the same key at once do no harm: they store the same bytes, and an object appears whole.
 */
export class S3FileStore implements FileStore, Service {
  readonly name = 'files';
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(bucket: S3Bucket) {
    const { prefix } = bucket;
    this.#bucket = bucket.bucket;
    this.#prefix = prefix === undefined ? '' : `${prefix.replace(/\/$/, '')}/`;
    this.#client = clientOf(bucket);
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
    await this.#client.send(
      new PutObjectCommand({ ...this.#object(key), Body: bytes, ContentLength: bytes.length }),
    );
  }

  async get(key: string): Promise<StoredFile | undefined> {
    const object = this.#object(key);
    const head = await this.#client.send(new HeadObjectCommand(object)).catch(ifMissing);
    if (!head) return undefined;
    return {
      bytes: head.ContentLength ?? 0,
      read: (range) => Readable.from(this.#chunks(key, range), { objectMode: false }),
    };
  }

  async readWhole(key: string): Promise<Buffer | undefined> {
    const found = await this.#client.send(new GetObjectCommand(this.#object(key))).catch(ifMissing);
    const bytes = await found?.Body?.transformToByteArray();
    return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  async remove(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#object(key)));
  }

  /** The request starts with the first read, and is cancelled with the reader. */
  async *#chunks(key: string, range?: { start: number; end: number }): AsyncGenerator<Buffer> {
    const { Body } = await this.#client.send(
      new GetObjectCommand({
        ...this.#object(key),
        ...(range && { Range: `bytes=${range.start}-${range.end}` }),
      }),
    );
    if (Body instanceof Readable) yield* Body;
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

const clientOf = ({ region, endpoint, pathStyle, accessKeyId, secretAccessKey }: S3Bucket) =>
  new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    forcePathStyle: pathStyle,
    credentials: { accessKeyId, secretAccessKey },
    // Not every S3-compatible store supports the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });

function ifMissing(error: unknown): undefined {
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return;
  throw error;
}
