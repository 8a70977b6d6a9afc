import { stat } from 'node:fs/promises';

/**
 * Tells a file from a copy of it that took its place: its inode and, where the file system knows it, the time it was
 * made, since an inode's number is used again. Empty where there is no such file.
 */
export async function fileIdentity(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (!found) return '';
  // Where the time it was made is not known, Node gives the time of the last change.
  const made = found.birthtimeNs === found.ctimeNs ? 0n : found.birthtimeNs;
  return `${found.ino}:${made}`;
}
