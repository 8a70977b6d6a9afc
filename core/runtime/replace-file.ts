import { open, rename } from 'node:fs/promises';

export interface ReplaceOptions {
  /** Whether the content is on the disk before it replaces the former: after a power failure one of them is whole. */
  flush: boolean;
}

/** Writes a small file of this user alone: readers see the former content or this one, never a part. */
export async function replaceFile(
  path: string,
  text: string,
  { flush }: ReplaceOptions,
): Promise<void> {
  const temporary = `${path}.new`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    if (flush) await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
}
