import { constants, type FSWatcher, type Stats, watch } from 'node:fs';
import {
  type FileHandle,
  lstat,
  open,
  opendir,
  realpath,
  rmdir,
  statfs,
  unlink,
} from 'node:fs/promises';
import { type BytePath, bytesOfPath, pathOfBytes } from './byte-path.js';

export type EntryKind = 'file' | 'folder' | 'link' | 'other';

export interface FolderEntry {
  name: BytePath;
  kind: EntryKind;
}

export interface FileState {
  kind: EntryKind;
  device: number;
  inode: number;
  bytes: number;
  /** Time of the last change of the content (mtime). */
  modifiedMs: number;
  /** Time of the last change of content or name (ctime). */
  changedMs: number;
  /** 0 on file systems that do not store when a file was created. */
  createdMs: number;
}

export interface FileContent {
  bytes: Buffer;
  before: FileState;
  after: FileState;
}

/** File operations below one folder. They follow no symbolic link; all reject with the system's error code. */
export interface FolderFs {
  entries(path: BytePath): AsyncIterable<FolderEntry>;
  /** Undefined if there is no such file. */
  stat(path: BytePath): Promise<FileState | undefined>;
  /** The file below the folder that a symbolic link leads to; undefined if it leads elsewhere. */
  resolve(path: BytePath): Promise<BytePath | undefined>;
  /** As many bytes as the file had when it was opened, but at most `maxBytes`. */
  read(path: BytePath, maxBytes: number, signal: AbortSignal): Promise<FileContent>;
  remove(path: BytePath): Promise<void>;
  /** Rejects with ENOTEMPTY if something is in the folder. */
  removeFolder(path: BytePath): Promise<void>;
  /** Whether the kernel reports the changes of all writers; it does not on network file systems. */
  isWatchable(): Promise<boolean>;
  /** `onChange` gets the name that changed in the folder, or undefined if it is not known. */
  watch(path: BytePath, onChange: (name: BytePath | undefined) => void): FSWatcher;
}

const SLASH = Buffer.from('/');
/** Without waiting for the other end of a named pipe. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** A place for further paths alone, which needs no right to list it: `O_PATH` of open(2), which Node.js does not name. */
const O_PATH = 0o10000000;
const FOLDER_FLAGS = O_PATH | constants.O_DIRECTORY;
/** Entries that one system call reads: few calls, and no long work on the event loop. */
const ENTRIES_A_CALL = 1024;
/** NFS, CIFS, SMB2, FUSE, 9P, AFS, Ceph (linux/magic.h). */
const NETWORK_FILE_SYSTEMS = [
  0x6969, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x5346414f, 0x00c36400,
];

interface Kinds {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

const kindOf = (found: Kinds): EntryKind => {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'folder';
  return found.isSymbolicLink() ? 'link' : 'other';
};

const stateOf = (stats: Stats): FileState => ({
  kind: kindOf(stats),
  device: stats.dev,
  inode: stats.ino,
  bytes: stats.size,
  modifiedMs: stats.mtimeMs,
  changedMs: stats.ctimeMs,
  createdMs: stats.birthtimeMs,
});

/** The file operations below a folder of this machine. */
export class DiskFolder implements FolderFs {
  constructor(private readonly root: string) {}

  async *entries(path: BytePath): AsyncGenerator<FolderEntry> {
    const options = { encoding: 'buffer' as BufferEncoding, bufferSize: ENTRIES_A_CALL };
    const folder = await this.#openFolder(path);
    try {
      for await (const entry of await opendir(placeOf(folder), options)) {
        // With this encoding the name is a Buffer, which the types do not say.
        const name: unknown = entry.name;
        yield {
          name: Buffer.isBuffer(name) ? pathOfBytes(name) : entry.name,
          kind: kindOf(entry),
        };
      }
    } finally {
      await folder.close();
    }
  }

  async stat(path: BytePath): Promise<FileState | undefined> {
    try {
      return stateOf(await lstat(this.#at(path)));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  async resolve(path: BytePath): Promise<BytePath | undefined> {
    const root = await realpath(Buffer.from(this.root), { encoding: 'buffer' });
    const target = await realpath(this.#at(path), { encoding: 'buffer' });
    const prefix = root.equals(SLASH) ? root : Buffer.concat([root, SLASH]);
    const isInside = target.subarray(0, prefix.length).equals(prefix);
    return isInside ? pathOfBytes(Buffer.from(target.subarray(prefix.length))) : undefined;
  }

  async read(path: BytePath, maxBytes: number, signal: AbortSignal): Promise<FileContent> {
    const handle = await this.#inFolder(path, (place) => open(place, OPEN_FLAGS));
    try {
      const before = stateOf(await handle.stat());
      const size = before.kind === 'file' ? Math.min(before.bytes, maxBytes) : 0;
      const bytes = Buffer.allocUnsafeSlow(size);
      let length = 0;
      while (length < bytes.length) {
        signal.throwIfAborted();
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return { bytes: bytes.subarray(0, length), before, after: stateOf(await handle.stat()) };
    } finally {
      await handle.close();
    }
  }

  async remove(path: BytePath): Promise<void> {
    try {
      await this.#inFolder(path, unlink);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  removeFolder(path: BytePath): Promise<void> {
    return this.#inFolder(path, rmdir);
  }

  async isWatchable(): Promise<boolean> {
    const { type } = await statfs(this.root);
    return !NETWORK_FILE_SYSTEMS.includes(type >>> 0);
  }

  watch(path: BytePath, onChange: (name: BytePath | undefined) => void): FSWatcher {
    const options = { encoding: 'buffer', persistent: false } as const;
    return watch(this.#at(path), options, (_event, name) =>
      onChange(name ? pathOfBytes(name) : undefined),
    );
  }

  /** Calls `use` with the place of a file in its folder, which stays the same whatever becomes of the folder's path. */
  async #inFolder<T>(path: BytePath, use: (place: Buffer) => Promise<T>): Promise<T> {
    const slash = path.lastIndexOf('/');
    const folder = await this.#openFolder(path.slice(0, Math.max(slash, 0)));
    try {
      return await use(placeOf(folder, path.slice(slash + 1)));
    } finally {
      await folder.close();
    }
  }

  /**
   * Opens one folder after the other: the kernel would follow a link in place of any of them. Only the root may be reached
   * through links. Rejects with ENOTDIR for a link.
   */
  async #openFolder(path: BytePath): Promise<FileHandle> {
    let folder = await open(this.root, FOLDER_FLAGS);
    for (const name of path === '' ? [] : path.split('/')) {
      const parent = folder;
      try {
        folder = await open(placeOf(parent, name), FOLDER_FLAGS | constants.O_NOFOLLOW);
      } finally {
        await parent.close();
      }
    }
    return folder;
  }

  #at(path: BytePath): Buffer {
    const root = Buffer.from(this.root);
    return path === '' ? root : Buffer.concat([root, SLASH, bytesOfPath(path)]);
  }
}

/** A path through an open folder (proc_pid_fd(5)). */
const placeOf = ({ fd }: FileHandle, name: BytePath = ''): Buffer =>
  Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), bytesOfPath(name)]);
