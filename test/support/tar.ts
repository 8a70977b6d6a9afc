import { createHash } from 'node:crypto';
import { BLOCK, headerOf, paddingOf } from '../../core/backup/tar-format.js';

/** A file of an archive that a test makes; `change` alters its header after its checksum was right. */
export interface MadeFile {
  path: string;
  content: Buffer;
  change?: (header: Buffer) => void;
}

/** An archive of these files, with an end. */
export const tarOf = (files: MadeFile[]): Buffer =>
  Buffer.concat([...files.map(blocksOf), Buffer.alloc(2 * BLOCK)]);

function blocksOf({ path, content, change }: MadeFile): Buffer {
  const header = headerOf({ path, bytes: content.length });
  if (change) {
    change(header);
    setChecksum(header);
  }
  return Buffer.concat([header, content, Buffer.alloc(paddingOf(content.length))]);
}

function setChecksum(header: Buffer): void {
  header.write(' '.repeat(8), 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
}

export const manifestOf = (files: MadeFile[]): MadeFile => ({
  path: 'manifest.sha256',
  content: Buffer.from(
    files
      .map(
        ({ path, content }) => `${createHash('sha256').update(content).digest('hex')}  ${path}\n`,
      )
      .join(''),
  ),
});
