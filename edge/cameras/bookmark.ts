import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const placeSchema = z.strictObject({ changedMs: z.number(), name: z.string() });

/** A place in a folder's files, in the order in which they arrived there. */
export type Place = z.infer<typeof placeSchema>;

export const byPlace = (a: Place, b: Place): number =>
  a.changedMs - b.changedMs || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/**
 * How far a watched folder has been read, kept in a small file. It is replaced whole, but not
 * flushed: after a power cut the last few files may be read once more.
 */
export class Bookmark {
  constructor(private readonly file: string) {}

  /** Undefined where nothing was read yet, or where the file is damaged. */
  async read(): Promise<Place | undefined> {
    try {
      return placeSchema.parse(JSON.parse(await readFile(this.file, 'utf8')));
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async write({ changedMs, name }: Place): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
    await writeFile(`${this.file}.new`, JSON.stringify({ changedMs, name }), { mode: 0o600 });
    await rename(`${this.file}.new`, this.file);
  }
}
