import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { loadRuntime } from '../../../core/detection/onnx/runtime.js';
import { openCvAddon } from '../../../core/opencv/opencv-addon.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { OPENCV_FILES } from '../../../packaging/tree/addons.js';
import { trace } from '../../../packaging/tree/trace.js';
import { writeOnnxTree, writeOpenCvTree, writeTree } from '../../../packaging/tree/write-tree.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Debian's name of this machine's architecture. */
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

/** Its addon for this architecture alone. */
const ARGON2 = process.arch === 'x64' ? 'argon2.glibc.node' : 'argon2.armv8.glibc.node';

/** The largest script that a program loads has 546 kB. */
const LARGE_BYTES = 600_000;

/** Packages of which a program reads files, and whose main module it never loads. */
const UNLOADED = ['@u4/opencv4nodejs', '@zxcvbn-ts/language-common'];

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

/** Starts a program and resolves with the address that its API listens at. */
async function start(t: ExecutionContext, main: string, settings: string[]): Promise<string> {
  const args = settings.flatMap((setting) => ['--set', setting]);
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => stop(child));
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, ...urls } = JSON.parse(line);
    const url = urls.plainTextUrl ?? urls.url;
    if (msg === 'listening' && /^http:/.test(url)) {
      child.stdout.resume();
      return url;
    }
  }
  throw new Error('it ended before it listened');
}

for (const [program, main, settings] of [
  ['edge', 'dist/edge/main.js', ['http.auth=none']],
  ['relay', 'dist/cloud-relay/main.js', ['mqtt.embedded.port=0']],
] as const) {
  test(`the files in the package of the ${program} are enough to detect`, async (t) => {
    const folder = await temporaryFolder(t);
    const tree = join(folder, 'tree');
    writeTree(projectRoot(), program, { out: tree, version: '9.8.7' });
    const common = [`dataFolder=${join(folder, 'data')}`, 'http.port=0', 'detection.workers=1'];
    const url = await start(t, join(tree, main), [...common, ...settings]);

    const form = new FormData();
    const sample = await readFile(join(projectRoot(), 'samples', '4-two-signs.jpg'));
    form.append('image', new Blob([sample]), 'sample.jpg');
    const answer = await fetch(`${url}/api/v1/objectdetection/image`, {
      method: 'POST',
      body: form,
    });
    const { detections } = (await answer.json()) as { detections: unknown[] };
    t.is(detections.length, 2);

    const catalog = await fetch(`${url}/api/v1/objectdetection/detectors`);
    const { detectors } = (await catalog.json()) as {
      detectors: { kind: string; status: string }[];
    };
    t.true(detectors.length > 5);
    for (const { kind, status } of detectors)
      t.is(
        status,
        kind === 'onnx' ? 'available' : 'ready',
        'a model is downloaded when it is asked for',
      );
    const page = await fetch(`${url}/docs/assets/swagger-ui-bundle.js`);
    t.is(page.status, 200);
    await page.body?.cancel();
  });

  test(`the package of the ${program} has no types, maps, sources and compilers, and none of the project's tools`, async (t) => {
    const tree = join(await temporaryFolder(t), 'tree');
    writeTree(projectRoot(), program, { out: tree, version: '9.8.7' });
    const files = await readdir(tree, { recursive: true });
    t.deepEqual(
      files.filter((file) => /\.(d\.ts|map|cc|cpp|c|h|gyp)$|node-gyp\//.test(file)),
      [],
    );
    t.deepEqual(
      files.filter((file) => file.includes('onnxruntime')),
      [],
      'ONNX Runtime has a package of its own',
    );
    const own = program === 'edge' ? 'edge' : 'cloud-relay';
    t.deepEqual(
      (await readdir(join(tree, 'dist'))).toSorted(),
      [own, 'core', 'console'].toSorted(),
    );
    t.deepEqual(
      files
        .filter((file) => file.endsWith('.node'))
        .map((file) => basename(file))
        .toSorted(),
      [ARGON2, 'better_sqlite3.node', 'decoder.node', 'engine.node', 'identity.node'],
      'OpenCV has a package of its own',
    );
    const { mode } = await stat(join(tree, main));
    t.is(mode & 0o111, 0o111, 'the command in the path runs it');
    const text = await readFile(join(tree, main), 'utf8');
    t.regex(
      text,
      /^#!\/usr\/bin\/env -S (?:MALLOC_[A-Z_]+=\d+ )+\/usr\/bin\/node --max-semi-space-size=\d+\n/,
      'another Node.js in the path would not load the addons',
    );
  });

  test(`every package that the ${program} loads, sooner or later, is whole in its tree`, async (t) => {
    const tree = join(await temporaryFolder(t), 'tree');
    writeTree(projectRoot(), program, { out: tree, version: '9.8.7' });
    const { packages } = trace(join(projectRoot(), 'dist'), main.replace('dist/', ''));
    const names = packages.filter((name) => existsSync(join(tree, 'node_modules', name)));
    t.true(names.length > 15);
    const script = [
      // @peculiar/x509 needs it first.
      "await import('reflect-metadata');",
      ...names.filter((name) => !UNLOADED.includes(name)).map((name) => `await import('${name}');`),
    ].join('\n');
    execFileSync(process.execPath, ['--input-type=module', '-'], { cwd: tree, input: script });
    const files = await readdir(join(tree, 'node_modules'), { recursive: true });
    const scripts = files.filter((file) => file.endsWith('.js'));
    const sizes = await Promise.all(
      scripts.map(async (file) => [file, (await stat(join(tree, 'node_modules', file))).size]),
    );
    t.deepEqual(
      sizes.filter(([, size = 0]) => Number(size) > LARGE_BYTES).map(([file]) => file),
      ['swagger-ui-dist/swagger-ui-bundle.js'],
      'no other bundle for browsers',
    );
  });

  test(`the manual page and completion of the ${program} name every command and option`, async (t) => {
    const help = execFileSync(process.execPath, [join(projectRoot(), main), '--help'], {
      encoding: 'utf8',
    });
    const words = [...help.matchAll(/^ {2}(?:-\w, )?\s*([a-z]+|--[a-z]+)\b/gm)].map(
      ([, word]) => word ?? '',
    );
    t.true(words.length >= 5);
    const packaging = join(projectRoot(), 'packaging');
    const manual = await readFile(join(packaging, 'man', `siteglass-${program}.1`), 'utf8');
    const completion = await readFile(
      join(packaging, 'completion', `siteglass-${program}`),
      'utf8',
    );
    for (const word of words) {
      t.true(manual.replaceAll('\\-', '-').includes(word), `the manual page names ${word}`);
      t.true(completion.includes(word), `the completion names ${word}`);
    }
  });
}

test('each program finds both addons of siteglass-opencv beside its own folder', async (t) => {
  const folder = await temporaryFolder(t);
  const built = [...Object.values(OPENCV_FILES), 'node_modules/@u4/opencv4nodejs/LICENSE'];
  for (const file of built) {
    await mkdir(dirname(join(folder, 'source', file)), { recursive: true });
    await writeFile(join(folder, 'source', file), file);
  }
  const manifest = { name: '@u4/opencv4nodejs', version: '7.1.2', license: 'MIT' };
  const described = join(folder, 'source/node_modules/@u4/opencv4nodejs/package.json');
  await writeFile(described, JSON.stringify(manifest));
  const lib = join(folder, 'lib');
  writeOpenCvTree(join(folder, 'source'), {
    out: join(lib, 'siteglass-opencv'),
    version: '9.8.7',
  });
  for (const program of ['edge', 'relay'] as const) {
    const root = join(lib, `siteglass-${program}`);
    writeTree(projectRoot(), program, { out: root, version: '9.8.7' });
    for (const part of ['engine', 'capture'] as const) {
      const file = openCvAddon(part, { root, imageFile: join(folder, 'none') });
      t.is(await readFile(file, 'utf8'), OPENCV_FILES[part]);
    }
  }
});

for (const [arch, folder, machine] of [
  ['amd64', 'x64', 62],
  ['arm64', 'arm64', 183],
] as const)
  test(`siteglass-onnx for ${arch} has the runtime of this architecture alone`, async (t) => {
    const out = join(await temporaryFolder(t), 'siteglass-onnx');
    writeOnnxTree(projectRoot(), { out, version: '9.8.7', arch });
    const files = await readdir(out, { recursive: true });
    const addons = join('node_modules/onnxruntime-node/bin/napi-v6/linux', folder);
    const binaries = files.filter((file) => /\.(node|dll|dylib)$|\.so\b/.test(file)).toSorted();
    t.deepEqual(binaries, [
      join(addons, 'libonnxruntime.so.1'),
      join(addons, 'onnxruntime_binding.node'),
    ]);
    for (const file of binaries) {
      const header = await readFile(join(out, file));
      t.is(header.readUInt16LE(18), machine, `${file} is for ${arch}`);
    }
    t.deepEqual(
      files.filter((file) => /\.(ts|map|md)$|adm-zip|global-agent/.test(file)),
      [],
    );
    const bytes = await Promise.all(files.map((file) => stat(join(out, file))));
    const megabytes = bytes.reduce((sum, { size }) => sum + size, 0) / 1e6;
    t.true(megabytes < 50, `${megabytes} MB`);
  });

test('an architecture that ONNX Runtime is not published for has no package', async (t) => {
  const out = join(await temporaryFolder(t), 'siteglass-onnx');
  t.throws(() => writeOnnxTree(projectRoot(), { out, version: '9.8.7', arch: 'riscv64' }), {
    message: /linux\/riscv64/,
  });
});

test('each program loads ONNX Runtime from siteglass-onnx beside its own folder', async (t) => {
  const lib = await temporaryFolder(t);
  const out = join(lib, 'siteglass-onnx');
  writeOnnxTree(projectRoot(), { out, version: '9.8.7', arch: ARCHITECTURE });
  for (const program of ['edge', 'relay'] as const) {
    const root = join(lib, `siteglass-${program}`);
    writeTree(projectRoot(), program, { out: root, version: '9.8.7' });
    const runtime = loadRuntime({ root, imageFile: join(lib, 'none') });
    t.is(typeof runtime.InferenceSession.create, 'function');
  }
});

test('the licences in siteglass-onnx are those of the version of ONNX Runtime that it has', async (t) => {
  const folder = join(projectRoot(), 'packaging', 'onnx');
  const copyright = await readFile(join(folder, 'copyright'), 'utf8');
  const lock = await readFile(join(projectRoot(), 'package-lock.json'), 'utf8');
  const { packages }: { packages: Record<string, { version: string }> } = JSON.parse(lock);
  for (const name of ['onnxruntime-node', 'onnxruntime-common'])
    t.true(copyright.includes(`${name} ${packages[`node_modules/${name}`]?.version}`), name);
  t.regex(copyright, /^MIT License$/m);
  const notices = await readFile(join(folder, 'ThirdPartyNotices.txt'), 'utf8');
  for (const name of ['Eigen', 'protocolbuffers/protobuf', 'pytorch/cpuinfo'])
    t.true(notices.includes(`\n_____\n\n${name}\n`), name);
});
