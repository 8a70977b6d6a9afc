// Builds the engine's kernel for arm64 and compares what it finds under qemu's user emulation with what OpenCV finds here:
// `npm run test:arm64 [-- --images N --seed S]`.
import { runIdentity } from './lib/identity.mjs';
import { buildDriver } from './lib/kernel-driver.mjs';
import { runMain } from './lib/problem.mjs';
import { setUp } from './lib/set-up.mjs';

const EMULATOR = 'qemu-aarch64-static';

await runMain(async () => {
  await setUp('arm64');
  const driver = await buildDriver({
    name: 'kernel-arm64',
    compiler: 'aarch64-linux-gnu-g++',
    flags: ['-O2', '-static'],
  });
  return runIdentity(['--images', '300', '--driver', `${EMULATOR} ${driver}`]);
});
