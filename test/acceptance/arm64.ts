import { runMain } from '../../scripts/lib/problem.mjs';
import { runIdentity } from './identity.js';
import { buildDriver } from './kernel-driver.js';

const EMULATOR = 'qemu-aarch64-static';

/**
 * Compiles the engine's kernel for arm64 and compares its results under qemu's user emulation with OpenCV's here:
 * `npm run test:arm64 [-- --images N --seed S]`.
 */
await runMain(async () => {
  const driver = await buildDriver({
    name: 'kernel-arm64',
    compiler: 'aarch64-linux-gnu-g++',
    flags: ['-O2', '-static'],
  });
  return runIdentity(['--images', '300', '--trees', '100', '--driver', `${EMULATOR} ${driver}`]);
});
