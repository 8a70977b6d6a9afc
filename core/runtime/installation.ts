import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from './errors.js';
import { projectRoot } from './project-root.js';

/** Where a program runs from, and in what. */
export interface Installation {
  /** The folder of the program's package.json, which names its package. */
  root: string;
  /** In a container, this file has the name of the image. */
  imageFile: string;
}

/** The package.json of a program, or of a package beside it. */
export interface Manifest {
  name?: string;
  version?: string;
  /** How the programs use the package; it fits if they have the same number. */
  interface?: number;
}

const CHECKOUT = 'siteglass';

export const thisInstallation = (): Installation => ({
  root: projectRoot(),
  imageFile: '/usr/share/siteglass/image',
});

/**
 * A library that a program does without until it is needed: it has a Debian package of its own, beside the program's.
 */
export interface OptionalLibrary {
  /** That it is missing, and what to do. */
  missing(advice: string): string;
  package: string;
  /** How the programs use the package. Raise it with a change that an older package does not fit. */
  interface: number;
  /** A file that is there if the library is, from the folder of `libraryFolder`. */
  file: { inCheckout: string; inPackage: string };
  /** What an operator does about a missing one, in a checkout and in a container with an image of this name. */
  advice: { inCheckout: string; inImage(image: string): string };
}

/** Where a library is: among a checkout's own packages, or in its Debian package. */
export const libraryFolder = (library: OptionalLibrary, at: Installation): string =>
  isCheckout(at) ? at.root : join(at.root, '..', library.package);

/** What a process reads before it loads a library. */
export const libraryManifest = (library: OptionalLibrary, at: Installation): string =>
  join(libraryFolder(library, at), 'package.json');

export const libraryFile = (library: OptionalLibrary, at: Installation): string =>
  join(
    libraryFolder(library, at),
    isCheckout(at) ? library.file.inCheckout : library.file.inPackage,
  );

/** Why a library cannot be used, in one line that says what to install; undefined if it is there. Loads nothing. */
export function libraryFault(library: OptionalLibrary, at: Installation): string | undefined {
  if (!existsSync(libraryFile(library, at))) return library.missing(adviceOn(library, at));
  return isCheckout(at) ? undefined : misfit(library, at);
}

function adviceOn({ advice, package: name }: OptionalLibrary, at: Installation): string {
  if (isCheckout(at)) return advice.inCheckout;
  const image = textOf(at.imageFile);
  return image === undefined ? `to install it: sudo apt install ${name}` : advice.inImage(image);
}

/** The interfaces of a package and the program differ, or that of the package cannot be read. */
function misfit(library: OptionalLibrary, at: Installation): string | undefined {
  let found: Manifest;
  try {
    found = manifestOf(libraryFolder(library, at));
  } catch (error) {
    // A worker may read the folders that were there when it started.
    return `${library.package} cannot be read (${messageOf(error)}); if it was installed after the program started, restart the program`;
  }
  if (found.interface === library.interface) return undefined;
  const program = manifestOf(at.root);
  return `${library.package} ${found.version} does not fit ${program.name} ${program.version}; install both in the same version: sudo apt install ${program.name} ${library.package}`;
}

/** How a program was installed: as its Debian package, in an image of it, or not at all. */
export function installationKind(at = thisInstallation()): 'package' | 'container' | 'source' {
  if (isCheckout(at)) return 'source';
  return existsSync(at.imageFile) ? 'container' : 'package';
}

const isCheckout = ({ root }: Installation): boolean => manifestOf(root).name === CHECKOUT;

/** Empty where there is none. */
function manifestOf(folder: string): Manifest {
  const text = textOf(join(folder, 'package.json'));
  return text === undefined ? {} : JSON.parse(text);
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
