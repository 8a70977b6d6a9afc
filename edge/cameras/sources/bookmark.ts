import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const placeSchema = z.object({ changedMs: z.number(), name: z.string() });
const savedSchema = placeSchema.extend({ folder: z.string() });

/** A place in a folder's files, in the order in which they arrived there. */
export type Place = z.infer<typeof placeSchema>;

export const byPlace = (a: Place, b: Place): number =>
  a.changedMs - b.changedMs || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/**
 * How far a watched folder has been read, kept in a small file. It is replaced whole, but not
 * flushed: after a power cut the last few files may be read once more.
 */
export class Bookmark {
  constructor(
    private readonly file: string,
    private readonly folder: string,
  ) {}

  /** Undefined where nothing of this folder was read yet, or where the file is damaged. */
  async read(): Promise<Place | undefined> {
    try {
      const saved = savedSchema.parse(JSON.parse(await readFile(this.file, 'utf8')));
      return saved.folder === this.folder ? saved : undefined;
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async write({ changedMs, name }: Place): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
    const saved = JSON.stringify({ folder: this.folder, changedMs, name });
    await writeFile(`${this.file}.new`, saved, { mode: 0o600 });
    await rename(`${this.file}.new`, this.file);
  }
}
