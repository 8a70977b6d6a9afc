import { type BytePath, joinPath } from './byte-path.js';
import type { FolderFs } from './folder-fs.js';
import type { FolderTree } from './folder-tree.js';
import { isImageName } from './image-files.js';

/**
 * Paths of all images that were not looked at yet, the last first; undefined after each folder that was listed. Folders
 * are listed when their turn comes, and their names are then left to this sweep if they were there at the start.
 */
export async function* sweep(
  fs: FolderFs,
  tree: FolderTree,
  folder: BytePath = '',
): AsyncGenerator<BytePath | undefined> {
  const names: BytePath[] = [];
  try {
    for await (const { name, kind } of fs.entries(folder)) {
      const path = joinPath(folder, name);
      if (kind === 'folder' && tree.isSearched(path)) names.push(`${name}/`);
      else if (kind !== 'folder' && isImageName(name)) names.push(name);
    }
    leaveInitial(tree, folder, names);
  } catch (error) {
    if (folder === '') throw error;
    const unreadable = tree.get(folder);
    if (unreadable) tree.close(unreadable);
  }
  yield undefined;
  names.sort();
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const path = joinPath(folder, name);
    if (!name.endsWith('/')) {
      if (!tree.known(path)) yield path;
    } else {
      tree.found(path.slice(0, -1), true);
      yield* sweep(fs, tree, path.slice(0, -1));
    }
  }
}

/** Names of the folder that appear from now on are new. */
function leaveInitial(tree: FolderTree, path: BytePath, names: BytePath[]): void {
  const folder = tree.get(path);
  if (!folder || !tree.isInitial(folder)) return;
  for (const name of names)
    if (!name.endsWith('/') && folder.names.get(name) === undefined)
      tree.leave(joinPath(path, name));
  folder.isInitial = false;
}
