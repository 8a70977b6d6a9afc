import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** Empty where there is none. */
export function manifestOf(folder: string): Manifest {
  const text = textOf(join(folder, 'package.json'));
  return text === undefined ? {} : JSON.parse(text);
}

export const isCheckout = ({ root }: Installation): boolean => manifestOf(root).name === CHECKOUT;

/** The name of the image that the program runs in; undefined outside a container. */
export const imageOf = ({ imageFile }: Installation): string | undefined => textOf(imageFile);

/** The folder of another Debian package of the project: beside the program's own. */
export const packageBeside = ({ root }: Installation, name: string): string =>
  join(root, '..', name);

/** Why a package beside the program is not used, in one line; undefined if it fits. */
export function misfit(at: Installation, name: string, wanted: number): string | undefined {
  const found = manifestOf(packageBeside(at, name));
  if (found.interface === wanted) return undefined;
  const program = manifestOf(at.root);
  return `${name} ${found.version} does not fit ${program.name} ${program.version}; install both in the same version: sudo apt install ${program.name} ${name}`;
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
