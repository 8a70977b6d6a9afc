import { closeSync, readFileSync, statSync } from 'node:fs';
import type { NativeDecoder } from '../decoder/native-decoder.js';
import { FILE_HEADER_BYTES, fileSize, type WorkerMessage } from '../protocol.js';

/** A file of a detector. One that is larger than asked for is not read. */
export interface FoundFile {
  size: number;
  content?: Buffer;
}

/** Where a worker gets the files of its detectors from. */
export interface DetectorFiles {
  /** Undefined if it cannot be read. */
  read(file: string, maxBytes: number): FoundFile | undefined;
  /** Calls `load` with a path at which the content of a file can be read until it returns. */
  withPath<T>(content: Buffer, file: string, load: (path: string) => T): T;
}

export const filesOnDisk: DetectorFiles = {
  read(file, maxBytes) {
    try {
      const { size } = statSync(file);
      return size > maxBytes ? { size } : { size, content: readFileSync(file) };
    } catch {
      return undefined;
    }
  },
  withPath: (_, file, load) => load(file),
};

/**
 * Files that the parent reads and sends: the sandbox gives a worker none of the folders that they lie in. It sends
 * those of the current job alone.
 */
export class FilesOfParent implements DetectorFiles {
  constructor(
    private readonly native: Pick<NativeDecoder, 'memoryFile'>,
    private readonly send: (message: WorkerMessage) => void,
    /** The next bytes of the pipe that images come through. */
    private readonly readPipe: (bytes: number) => Buffer,
  ) {}

  read(file: string, maxBytes: number): FoundFile | undefined {
    this.send({ type: 'file', file, maxBytes });
    const size = fileSize(this.readPipe(FILE_HEADER_BYTES));
    if (size === undefined) return undefined;
    return size > maxBytes ? { size } : { size, content: this.readPipe(size) };
  }

  withPath<T>(content: Buffer, _: string, load: (path: string) => T): T {
    const descriptor = this.native.memoryFile(content);
    try {
      return load(`/proc/self/fd/${descriptor}`);
    } finally {
      closeSync(descriptor);
    }
  }
}
