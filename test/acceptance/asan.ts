import { runMain } from '../../scripts/lib/problem.mjs';
import { runIdentity } from './identity.js';
import { buildDriver } from './kernel-driver.js';

/**
 * Compiles the engine's kernel with AddressSanitizer and UndefinedBehaviorSanitizer and compares its results with OpenCV's:
 * `npm run test:asan [-- --images N --seed S]`. A read or write out of bounds ends the kernel.
 */
await runMain(async () => {
  const isX64 = process.arch === 'x64';
  const driver = await buildDriver({
    name: 'kernel-asan',
    compiler: 'g++',
    flags: [
      ...['-O1', '-g', '-D_GLIBCXX_ASSERTIONS', '-fno-omit-frame-pointer'],
      ...['-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
      ...(isX64 ? ['-msse4.1'] : []),
    ],
    avx2: isX64,
  });
  return runIdentity([
    '--images',
    '300',
    '--trees',
    '100',
    '--driver',
    driver,
    ...(isX64 ? ['--avx2'] : []),
  ]);
});
