import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

const folders: string[] = [];

function removeFolders() {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

const makeFolder = () => mkdtempSync(join(tmpdir(), 'siteglass-'));

/** A folder that is removed when the process ends, for what one test does not own: hooks, helpers, benches. */
export function processFolder(): string {
  const folder = makeFolder();
  if (folders.length === 0) process.once('exit', removeFolders);
  folders.push(folder);
  return folder;
}

/** A folder that is removed when the test ends; without a test, as in a hook, when the process ends. */
export async function temporaryFolder(t?: ExecutionContext): Promise<string> {
  if (!t) return processFolder();
  const folder = makeFolder();
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
