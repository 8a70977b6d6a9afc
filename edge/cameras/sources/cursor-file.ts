import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../../../core/runtime/replace-file.js';
import { type BytePath, displayPath, pathOfText } from './byte-path.js';

/** A position in the files of a folder, ordered by arrival. */
export interface FolderCursor {
  changedMs: number;
  path: BytePath;
}

const cursorSchema = z.object({ changedMs: z.number(), path: z.string() });

const backlogSchema = z.object({
  /** Its files arrived after this one, and not later than `untilMs` if that is set; their paths are before `below`. */
  after: cursorSchema,
  untilMs: z.number().optional(),
  below: z.string().optional(),
  /** They are in this folder. */
  under: z.string().optional(),
});
/** Files that were passed over for newer ones, and that are read later, the last path first. */
export type FolderBacklog = z.infer<typeof backlogSchema>;

/** Version 1 of this file had `folder`, `changedMs` and `name` only. */
const savedSchema = z.object({
  folder: z.string(),
  changedMs: z.number(),
  /** The name as text, for people and for older versions. */
  name: z.string(),
  /** One character a byte, as are all paths here. */
  path: z.string().optional(),
  backlog: z.array(backlogSchema).default([]),
  waiting: z.array(z.string()).default([]),
  read: z.array(z.tuple([z.number(), z.number()])).default([]),
  savedMs: z.number().optional(),
});

/**
 * How far a folder was read: all up to the cursor, but for the backlog and the files that are not whole yet. An entry of
 * the backlog without limits contains what arrived since all files were looked at last.
 */
export interface SavedPosition {
  cursor: FolderCursor;
  backlog: FolderBacklog[];
  waiting: BytePath[];
  /** Files of the backlog that were read: their versions, and when they arrived. */
  read: [version: number, changedMs: number][];
  /** When this was saved, by the machine's clock. */
  savedMs?: number | undefined;
}

export const byArrival = (a: FolderCursor, b: FolderCursor): number =>
  a.changedMs - b.changedMs || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

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
  async read(): Promise<SavedPosition | undefined> {
    try {
      const saved = savedSchema.parse(JSON.parse(await readFile(this.file, 'utf8')));
      if (saved.folder !== this.folder) return undefined;
      const { folder: _, changedMs, name, path = pathOfText(name), ...position } = saved;
      return { ...position, cursor: { changedMs, path } };
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async write({ cursor, ...position }: SavedPosition): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
    const { folder } = this;
    const saved = { folder, ...cursor, name: displayPath(cursor.path), ...position };
    await replaceFile(this.file, JSON.stringify(saved), { flush: false });
  }
}
