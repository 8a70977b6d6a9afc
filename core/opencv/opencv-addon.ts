import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../runtime/project-root.js';

/** `engine` searches with cascades; `capture` reads streams, devices and video files. In a checkout, one addon does both. */
export type OpenCvPart = 'engine' | 'capture';

/** How the programs use the addons of siteglass-opencv. Raise it with a change that an older package does not fit. */
export const ADDON_INTERFACE = 1;

export interface Installation {
  /** The folder of the program's package.json, which names its package. */
  root: string;
  /** In a container, this file has the name of the image. */
  imageFile: string;
}

/** OpenCV is not installed, or does not fit. The message is one line that says what to install. */
export class OpenCvMissing extends Error {
  override readonly name = 'OpenCvMissing';
}

const PACKAGE = 'siteglass-opencv';
const CHECKOUT = 'siteglass';
const CHECKOUT_ADDON = 'node_modules/@u4/opencv4nodejs/build/Release/opencv4nodejs.node';

const thisInstallation = (): Installation => ({
  root: projectRoot(),
  imageFile: '/usr/share/siteglass/image',
});

/** The file of an addon, which nothing is loaded of. Throws OpenCvMissing. */
export function openCvAddon(part: OpenCvPart, at: Installation = thisInstallation()): string {
  const program = manifestOf(at.root);
  if (program.name === CHECKOUT)
    return ifThere(join(at.root, CHECKOUT_ADDON), 'to build it: npm run setup -- --for opencv');
  const folder = join(at.root, '..', PACKAGE);
  const image = textOf(at.imageFile);
  const advice =
    image === undefined
      ? `to install it: sudo apt install ${PACKAGE}`
      : `use the image ${image}-streams`;
  const file = ifThere(join(folder, `${part}.node`), advice);
  const { version, interface: found } = manifestOf(folder);
  if (found === ADDON_INTERFACE) return file;
  throw new OpenCvMissing(
    `${PACKAGE} ${version} does not fit ${program.name} ${program.version}; install both in the same version: sudo apt install ${program.name} ${PACKAGE}`,
  );
}

/** Why a part cannot be used, in one line; undefined if it is there. A library of OpenCV may still be missing. */
export function openCvFault(part: OpenCvPart, at?: Installation): string | undefined {
  try {
    openCvAddon(part, at);
    return undefined;
  } catch (error) {
    if (error instanceof OpenCvMissing) return error.message;
    throw error;
  }
}

function ifThere(file: string, advice: string): string {
  if (existsSync(file)) return file;
  throw new OpenCvMissing(`OpenCV is not installed; ${advice}`);
}

interface Manifest {
  name?: string;
  version?: string;
  interface?: number;
}

function manifestOf(folder: string): Manifest {
  const text = textOf(join(folder, 'package.json'));
  return text === undefined ? {} : JSON.parse(text);
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
