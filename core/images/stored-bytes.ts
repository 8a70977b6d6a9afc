import { existsSync } from 'node:fs';
import { kyselyOver } from '../store/dialect.js';
import { openReadOnly } from '../store/read-only.js';
import { blobTable } from './blob-table.js';
import type { ImageTables } from './tables.js';

/** The bytes of original images, from a database that a service may be using. */
export async function storedBytes(file: string): Promise<number> {
  if (!existsSync(file)) return 0;
  const db = kyselyOver<ImageTables>(openReadOnly(file));
  try {
    return await blobTable.totalBytes(db);
  } finally {
    await db.destroy();
  }
}
