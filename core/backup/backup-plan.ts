import { z } from 'zod';

/** What a program's backup holds. */
export interface BackupPlan {
  /** Its name on the command line. */
  program: string;
  dataFolder: string;
  /** The name of the database in the data folder. */
  database: string;
  /** The migrations that this version knows. */
  migrations: readonly string[];
  /** What an operator types to confirm a reset: the site's id. */
  label: string;
  /**
   * Statements that prepare the copy of the database, each for a table. A table that is not there is skipped: an earlier
   * version wrote the database.
   */
  prepare: readonly { table: string; sql: string }[];
  /** Files beside the database that a restore keeps from the present data. */
  kept: readonly string[];
}

/** The first file of an archive, as JSON: what the archive is. */
export const HEADER_NAME = 'backup.json';
/** The last one: the SHA-256 of each file before it, in the form that `sha256sum --check` reads. */
export const MANIFEST_NAME = 'manifest.sha256';
/** The data folder's files are below it. */
export const DATA_PREFIX = 'data/';

export const FORMAT = 1;

/** Shown on a terminal, which control characters would change. */
const shown = z
  .string()
  .max(128)
  .regex(/^[^\p{Cc}\p{Cf}]*$/u);

export const headerSchema = z.object({
  format: z.int(),
  program: shown,
  version: shown,
  label: shown,
  createdAt: shown,
  migrations: z.array(shown).max(1_000),
  images: z.boolean(),
});
export type BackupHeader = z.infer<typeof headerSchema>;

/** The images are named by the database, so they are not looked for in the folder. */
export const IMAGES_FOLDER = 'images';

/** Work of backups, restores and resets in a data folder. None of it belongs to an archive. */
export const STAGED_BACKUP = 'backup.new';
export const STAGED = 'restore.new';
export const SET_ASIDE = 'restore.old';
export const REPLACEMENT = 'restore.json';

/**
 * Whether a name at the top of a data folder is not part of a backup: locks, work under way, and the files beside the
 * database, which belong to the file that is there now.
 */
export const isLeftOut = (name: string, database: string): boolean =>
  ['lock', 'lost+found', STAGED_BACKUP, STAGED, SET_ASIDE, REPLACEMENT].includes(name) ||
  /^lock-(journal|wal|shm)$/.test(name) ||
  name.endsWith('.new') ||
  name.startsWith(`${database}-`) ||
  name.startsWith(`${database}.`);
