// Builds the engine's kernel with AddressSanitizer and UndefinedBehaviorSanitizer and takes it through the corpus, compared
// with OpenCV as ever: `npm run test:asan [-- --images N --seed S]`. A read or write out of bounds ends the kernel.
import { runIdentity } from './lib/identity.mjs';
import { buildDriver } from './lib/kernel-driver.mjs';
import { runMain } from './lib/problem.mjs';
import { setUp } from './lib/set-up.mjs';

await runMain(async () => {
  await setUp('start');
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
  return runIdentity(['--images', '300', '--driver', driver, ...(isX64 ? ['--avx2'] : [])]);
});
