import { type BytePath, nameOf } from './byte-path.js';
import type { FolderCursor } from './cursor-file.js';
import type { FileState, FolderFs } from './folder-fs.js';
import { hashOf } from './name-table.js';

/** `.jpe` and `.jfif` are JPEG, too. */
const EXTENSIONS = ['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp'];

/** Folders that storage devices keep for themselves: thumbnails, deleted files, recovered files. */
const SYSTEM_FOLDERS = ['@eadir', '#recycle', '#snapshot', '$recycle.bin', 'lost+found'];

const MAX_DEPTH = 8;

/** An image below a watched folder, as one look found it. `changedMs` is renewed when it arrives or is renamed. */
export interface ImageFile extends FolderCursor {
  /** Where its bytes are: another path if `path` is a symbolic link. */
  target: BytePath;
  state: FileState;
  /** Equal for the same content in the same file under any of its names. Never 0. */
  identity: number;
  /** Changes with the file's name and permissions, too. */
  version: number;
}

/** False for names of uploads in progress, which begin with a dot or have another extension. */
export function isImageName(name: BytePath): boolean {
  const dot = name.lastIndexOf('.');
  return dot > 0 && !isHidden(name) && EXTENSIONS.includes(name.slice(dot).toLowerCase());
}

export const isHidden = (name: BytePath): boolean => name.startsWith('.');

export const isSearchedFolder = (path: BytePath): boolean => {
  const name = nameOf(path).toLowerCase();
  return !isHidden(name) && !SYSTEM_FOLDERS.includes(name);
};

export const isTooDeep = (path: BytePath): boolean => depthOf(path) > MAX_DEPTH;

export const depthOf = (path: BytePath): number => path.split('/').length;

export const isSameState = (a: FileState, b: FileState): boolean =>
  a.inode === b.inode &&
  a.bytes === b.bytes &&
  a.modifiedMs === b.modifiedMs &&
  a.changedMs === b.changedMs;

export function imageFileOf(path: BytePath, target: BytePath, state: FileState): ImageFile {
  const { inode, bytes, createdMs, modifiedMs, changedMs } = state;
  const identity = hashOf(`${inode}:${bytes}:${createdMs}:${modifiedMs}`);
  const version = hashOf(`${identity}:${changedMs}`);
  return { path, target, state, changedMs, identity, version };
}

/** Paths of the images in a folder, and in the folders in it. */
export async function* imagePaths(
  fs: FolderFs,
  recursive: boolean,
  signal: AbortSignal,
): AsyncGenerator<BytePath> {
  const folders: BytePath[] = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const { name, kind } of fs.entries(folder)) {
      signal.throwIfAborted();
      const path = folder === '' ? name : `${folder}/${name}`;
      if (kind !== 'folder') {
        if (isImageName(name)) yield path;
      } else if (recursive && isSearchedFolder(path) && !isTooDeep(path)) folders.push(path);
    }
  }
}
