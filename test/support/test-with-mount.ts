import test, { type Implementation } from 'ava';
import { canMount } from './small-disk.js';

/** A test that mounts a small disk. If this process may not mount one, ava reports it as skipped, with the reason. */
export function testWithMount(title: string, implementation: Implementation<[]>): void {
  if (canMount()) test(title, implementation);
  else test.skip(`${title} (needs the right to mount a file system)`, implementation);
}
