import { dirname } from 'node:path';
import {
  type Installation,
  libraryFault,
  libraryFile,
  libraryManifest,
  type OptionalLibrary,
  thisInstallation,
} from '../runtime/installation.js';

/**
 * `engine` searches with cascades; `capture` reads streams, devices and video files. In a checkout, one addon does
 * both.
 */
export type OpenCvPart = 'engine' | 'capture';

/** How the programs use the addons of siteglass-opencv. Raise it with a change that an older package does not fit. */
export const ADDON_INTERFACE = 1;

/** OpenCV is not installed, or does not fit. The message is one line that says what to install. */
export class OpenCvMissing extends Error {
  override readonly name = 'OpenCvMissing';
}

const libraryOf = (part: OpenCvPart): OptionalLibrary => ({
  missing: (advice) => `OpenCV is not installed; ${advice}`,
  package: 'siteglass-opencv',
  interface: ADDON_INTERFACE,
  file: {
    inCheckout: 'node_modules/@u4/opencv4nodejs/build/Release/opencv4nodejs.node',
    inPackage: `${part}.node`,
  },
  advice: {
    inCheckout: 'to build it: npm run setup -- --for opencv',
    inImage: (image) => `use the image ${image}-streams`,
  },
});

/** The file of an addon, which nothing is loaded of. Throws OpenCvMissing. */
export function openCvAddon(part: OpenCvPart, at: Installation = thisInstallation()): string {
  const fault = openCvFault(part, at);
  if (fault !== undefined) throw new OpenCvMissing(fault);
  return libraryFile(libraryOf(part), at);
}

/** What a process may have to read to find and to load a part; some of it may not exist. */
export const openCvFiles = (part: OpenCvPart, at: Installation = thisInstallation()): string[] => [
  libraryManifest(libraryOf(part), at),
  dirname(libraryFile(libraryOf(part), at)),
];

/** Why a part cannot be used, in one line; undefined if it is there. A library of OpenCV may still be missing. */
export const openCvFault = (
  part: OpenCvPart,
  at: Installation = thisInstallation(),
): string | undefined => libraryFault(libraryOf(part), at);
