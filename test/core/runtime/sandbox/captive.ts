import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { loadDecoder } from '../../../../core/detection/decoder/native-decoder.js';
import { enterSandbox } from '../../../../core/runtime/sandbox/enter-sandbox.js';

interface Attempts {
  attempt(what: string, parent: number, path: string): number;
}

/** What a test asks of this process. */
export type Request =
  | { addon: string; isFree: boolean }
  | { what: string; path: string }
  | { read: string }
  | { allocate: number }
  | { further: number }
  | { thread: true };

// A process that is started like a worker, and enters the sandbox like one, for a test that makes it misbehave.
let attempts: Attempts | undefined;

process.on('disconnect', () => process.exit());
process.on('message', async (request: Request) => process.send?.(await answer(request)));

async function answer(request: Request): Promise<unknown> {
  if ('addon' in request) {
    attempts = createRequire(import.meta.url)(request.addon) as Attempts;
    if (request.isFree) return 'free';
    return enterSandbox(loadDecoder(), { maxBytes: 1e9, environment: process.env });
  }
  if ('what' in request) return attempts?.attempt(request.what, process.ppid, request.path);
  if ('read' in request) return readable(request.read);
  if ('further' in request) return limited(request.further);
  if ('allocate' in request) return allocated(request.allocate);
  return new Promise((resolve) => {
    const worker = new Worker(
      'require("node:worker_threads").parentPort.postMessage([1, 2].map((n) => n * 2))',
      { eval: true },
    );
    worker.once('message', resolve).once('error', (error) => resolve(String(error)));
  });
}

function readable(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

/** As for the work of a model: so much beside what is in use. */
function limited(further: number): boolean {
  const native = loadDecoder();
  native.limitMemory(native.memoryInUse() + further);
  return true;
}

function allocated(bytes: number): boolean {
  try {
    return Buffer.alloc(bytes, 1).length === bytes;
  } catch {
    return false;
  }
}
