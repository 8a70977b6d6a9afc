import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const cursorSchema = z.object({ changedMs: z.number(), name: z.string() });
const savedSchema = cursorSchema.extend({ folder: z.string() });

/** A position in the files of a folder, ordered by arrival. */
export type FolderCursor = z.infer<typeof cursorSchema>;

export const byArrival = (a: FolderCursor, b: FolderCursor): number =>
  a.changedMs - b.changedMs || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/**
 * Saves how far a watched folder has been read, in a small file. The file is replaced atomically but not
 * flushed: after a power failure the last few images may be read again.
 */
export class CursorFile {
  constructor(
    private readonly file: string,
    private readonly folder: string,
  ) {}

  /** Undefined if nothing of this folder was read yet, or if the file is damaged. */
  async read(): Promise<FolderCursor | undefined> {
    try {
      const saved = savedSchema.parse(JSON.parse(await readFile(this.file, 'utf8')));
      return saved.folder === this.folder ? saved : undefined;
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async write({ changedMs, name }: FolderCursor): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
    const saved = JSON.stringify({ folder: this.folder, changedMs, name });
    await writeFile(`${this.file}.new`, saved, { mode: 0o600 });
    await rename(`${this.file}.new`, this.file);
  }
}
