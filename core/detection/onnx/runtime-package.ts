import { join } from 'node:path';
import {
  type Installation,
  libraryFault,
  libraryFolder,
  libraryManifest,
  type OptionalLibrary,
  thisInstallation,
} from '../../runtime/installation.js';

/** How the programs use siteglass-onnx. Raise it with a change that an older package does not fit. */
export const RUNTIME_INTERFACE = 1;

const NPM_PACKAGE = 'node_modules/onnxruntime-node';
const ADDON = `${NPM_PACKAGE}/bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`;

const onnxRuntime: OptionalLibrary = {
  missing: (advice) => `ONNX Runtime is not installed; ${advice}`,
  package: 'siteglass-onnx',
  interface: RUNTIME_INTERFACE,
  file: { inCheckout: ADDON, inPackage: ADDON },
  advice: {
    inCheckout: 'to install it: npm run setup',
    // The images have it, unlike those that were built before, and those that leave it out.
    inImage: (image) => `use the image ${image} of this version, which has it`,
  },
};

/** Whether ONNX Runtime is there for this processor, and fits. Loads nothing. */
export const isRuntimeInstalled = (at?: Installation): boolean => runtimeFault(at) === undefined;

/** Why ONNX Runtime cannot be used, in one line that says what to install; undefined if it is there. Loads nothing. */
export const runtimeFault = (at: Installation = thisInstallation()): string | undefined =>
  libraryFault(onnxRuntime, at);

/** The folder of the npm package. */
export const runtimeFolder = (at: Installation = thisInstallation()): string =>
  join(libraryFolder(onnxRuntime, at), NPM_PACKAGE);

/** What a process may have to read to find and to load it; some of it may not exist. */
export const runtimeFiles = (at: Installation = thisInstallation()): string[] => [
  libraryManifest(onnxRuntime, at),
  // Its own dependencies lie beside it.
  join(libraryFolder(onnxRuntime, at), 'node_modules'),
];
