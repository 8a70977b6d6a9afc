import { stat } from 'node:fs/promises';

/**
 * Identifies a file, so that a copy which replaces it can be recognised: its inode number and, if the file system knows
 * it, its time of creation, since inode numbers are reused. Empty if there is no such file.
 */
export async function fileIdentity(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (!found) return '';
  // If the time of creation is not known, Node gives the time of the last change.
  const createdAt = found.birthtimeNs === found.ctimeNs ? 0n : found.birthtimeNs;
  return `${found.ino}:${createdAt}`;
}
