import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Installation,
  imageOf,
  isCheckout,
  misfit,
  packageBeside,
  thisInstallation,
} from '../runtime/installation.js';

/** `engine` searches with cascades; `capture` reads streams, devices and video files. In a checkout, one addon does both. */
export type OpenCvPart = 'engine' | 'capture';

/** How the programs use the addons of siteglass-opencv. Raise it with a change that an older package does not fit. */
export const ADDON_INTERFACE = 1;

/** OpenCV is not installed, or does not fit. The message is one line that says what to install. */
export class OpenCvMissing extends Error {
  override readonly name = 'OpenCvMissing';
}

const PACKAGE = 'siteglass-opencv';
const CHECKOUT_ADDON = 'node_modules/@u4/opencv4nodejs/build/Release/opencv4nodejs.node';

/** The file of an addon, which nothing is loaded of. Throws OpenCvMissing. */
export function openCvAddon(part: OpenCvPart, at: Installation = thisInstallation()): string {
  if (isCheckout(at))
    return ifThere(join(at.root, CHECKOUT_ADDON), 'to build it: npm run setup -- --for opencv');
  const image = imageOf(at);
  const advice =
    image === undefined
      ? `to install it: sudo apt install ${PACKAGE}`
      : `use the image ${image}-streams`;
  const file = ifThere(join(packageBeside(at, PACKAGE), `${part}.node`), advice);
  const fault = misfit(at, PACKAGE, ADDON_INTERFACE);
  if (fault !== undefined) throw new OpenCvMissing(fault);
  return file;
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
