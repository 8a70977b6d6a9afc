import { spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../core/runtime/project-root.js';
import { run } from '../../scripts/lib/command.mjs';
import { runMain } from '../../scripts/lib/problem.mjs';

const SOURCES = join(projectRoot(), 'core', 'detection', 'decoder', 'native');
const FUZZER = join(projectRoot(), 'test', 'acceptance', 'decoder-fuzzer', 'fuzzer.cpp');
const PICTURES = join(projectRoot(), 'test', 'fakes', 'pictures');
const FLAGS = [
  ...['-std=c++17', '-O1', '-g', '-Wall', '-Wextra', '-fwrapv', '-D_GLIBCXX_ASSERTIONS'],
  ...['-fno-omit-frame-pointer', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
];

/** Libraries of the system that lose a few bytes with a picture that they refuse. */
const LIBRARIES_THAT_LEAK = ['libdav1d', 'libde265', 'libheif'];

/**
 * Compiles the decoders with AddressSanitizer and UndefinedBehaviorSanitizer and has them decode mutated pictures:
 * `npm run test:fuzz [-- --files N --seconds N --seed N]`. Inputs that reach new places of the decoders are mutated again.
 */
await runMain(async () => {
  const { values } = parseArgs({
    options: {
      files: { type: 'string', default: '5000' },
      seconds: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
    },
  });
  const folder = join(projectRoot(), 'var', 'decoder-fuzzer');
  mkdirSync(folder, { recursive: true });
  const program = await build(folder);
  const args = [PICTURES, values.files, values.seconds, values.seed];
  const suppressions = join(folder, 'suppressions.txt');
  writeFileSync(suppressions, LIBRARIES_THAT_LEAK.map((name) => `leak:${name}\n`).join(''));
  const report = join(folder, 'report.log');
  const { status } = spawnSync(program, args, {
    cwd: folder,
    env: { LSAN_OPTIONS: `suppressions=${suppressions}:print_suppressions=0` },
    // libjxl explains there why it refuses a picture.
    stdio: ['ignore', 'inherit', openSync(report, 'w')],
  });
  if (status !== 0) console.error(`The fuzzer ended with ${status}; see ${report}.`);
  return status ?? 1;
});

/** Only the decoders report the places that they reach. */
async function build(folder: string): Promise<string> {
  const program = join(folder, 'fuzzer');
  const objects: string[] = [];
  const compile = (args: string[]) =>
    run('g++', [...FLAGS, ...args], {
      log: join(folder, 'build.log'),
      failure: 'The decoders do not compile with sanitizers',
    });
  for (const file of readdirSync(SOURCES)) {
    if (!file.endsWith('.cpp') || file.startsWith('addon')) continue;
    const object = join(folder, file.replace(/cpp$/, 'o'));
    await compile(['-fsanitize-coverage=trace-pc', '-c', join(SOURCES, file), '-o', object]);
    objects.push(object);
  }
  await compile(['-I', SOURCES, FUZZER, ...objects, '-ljpeg', '-lpng16', '-lwebp', '-o', program]);
  return program;
}
