import { createHash } from 'node:crypto';
import type { FileContent } from './folder-fs.js';
import { type ImageFile, isSameState } from './image-files.js';
import type { Candidate } from './pending-files.js';
import { RecentMap } from './recent-map.js';
import { isWholeImage } from './whole-image.js';

/** Files whose last content is known by its hash, for those that are written again without a change. */
const MAX_CONTENTS = 1_024;

/** The last content of each file that was analysed. */
export class FileContents {
  readonly #hashes = new RecentMap<string, string>(MAX_CONTENTS);

  hashOf(bytes: Buffer): string {
    return createHash('sha256').update(bytes).digest('base64');
  }

  isLast(file: ImageFile, hash: string): boolean {
    return this.#hashes.get(keyOf(file)) === hash;
  }

  remember(file: ImageFile, hash: string): void {
    this.#hashes.set(keyOf(file), hash);
  }
}

const keyOf = ({ state }: ImageFile) => `${state.inode}:${state.createdMs}`;

/** Whether what was read is one state of the file, and all of it. */
export function isComplete({ file, isUnchanged }: Candidate, content: FileContent): boolean {
  const { bytes, before, after } = content;
  if (before.kind !== 'file' || bytes.length !== before.bytes) return false;
  if (!isSameState(before, after)) return false;
  return (isUnchanged && isSameState(before, file.state)) || isWholeImage(bytes);
}
