import { PassThrough, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { Sighting } from '../../../core/contract/sighting.js';
import type { MediaType } from '../../../core/images/media-type.js';
import type { StoredFile } from '../../../core/store/file-store.js';
import { CocoDocument } from './coco.js';

/** A stored picture. */
export interface ArchivedPicture {
  file: StoredFile;
  mediaType: MediaType;
  width: number;
  height: number;
}

export interface ArchiveOptions {
  /** By the picture that shows them best. */
  pictures: ReadonlyMap<string, readonly Sighting[]>;
  /** Undefined if the picture is gone. */
  open(image: string): Promise<ArchivedPicture | undefined>;
  site: string;
  version: string;
  /** When the export is made, as ISO 8601. */
  at: string;
}

/**
 * A ZIP archive of pictures and `annotations.json`, written at the reader's pace: one picture is open at a time. A picture
 * that is gone when its turn comes is left out, with its annotations. Destroying the stream ends the work.
 */
export function cocoArchive(options: ArchiveOptions): Readable {
  const zip = new ZipFile();
  const output = new PassThrough();
  zip.outputStream.pipe(output);
  const entries = new Entries(zip, output);
  zip.on('error', (error: Error) => output.destroy(error));
  write(options, entries).then(
    () => zip.end(),
    (error: Error) => output.destroy(error),
  );
  return output;
}

async function write(
  { pictures, open, site, version, at }: ArchiveOptions,
  entries: Entries,
): Promise<void> {
  const document = new CocoDocument();
  for (const [image, sightings] of pictures) {
    if (entries.isClosed) return;
    const picture = await open(image);
    if (!picture) continue;
    const { file, mediaType, width, height } = picture;
    const fileName = `images/${image}.${mediaType.slice('image/'.length).replace('jpeg', 'jpg')}`;
    const taken = new Date(sightings[0]?.best.takenAt ?? at);
    await entries.add(fileName, file.read(), file.bytes, taken);
    document.add({ image, fileName, width, height }, sightings);
  }
  entries.addText('annotations.json', document.toJson(site, version, at), new Date(at));
}

/** Adds files to an archive one after the other. */
class Entries {
  #current: Readable | undefined;
  isClosed = false;

  constructor(
    private readonly zip: ZipFile,
    output: Readable,
  ) {
    output.once('close', () => {
      this.isClosed = true;
      this.#current?.destroy();
    });
  }

  /** Resolves when the content was read. Pictures are compressed already. */
  async add(name: string, content: Readable, size: number, mtime: Date): Promise<void> {
    this.#current = content;
    this.zip.addReadStream(content, name, { size, mtime, compress: false });
    await finished(content);
    this.#current = undefined;
  }

  addText(name: string, text: string, mtime: Date): void {
    this.zip.addBuffer(Buffer.from(text), name, { mtime, compress: true });
  }
}
