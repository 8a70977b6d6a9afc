import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { EngineName } from '../../contract/detection.js';
import { loadOpenCv, type OpenCv } from '../../opencv/opencv.js';
import { OpenCvMissing, openCvFault } from '../../opencv/opencv-addon.js';
import { enterSandbox } from '../../runtime/sandbox/enter-sandbox.js';
import { loadDecoder, type NativeDecoder } from '../decoder/native-decoder.js';
import { loadRuntime, type OnnxRuntime } from '../onnx/runtime.js';
import { isRuntimeInstalled } from '../onnx/runtime-package.js';
import { type ParentMessage, PROTOCOL_VERSION, type WorkerMessage } from '../protocol.js';
import { SiteglassSearch } from './backends/cascade.js';
import { ModelSearch } from './backends/onnx.js';
import { OpenCvSearch } from './backends/opencv.js';
import { ImageDecoder } from './decode.js';
import { FilesOfParent } from './detector-files.js';
import { JobRunner, textOf } from './job-runner.js';
import { limitedRuntime } from './limited-runtime.js';
import { readImage } from './read-image.js';
import { Refusal } from './refusal.js';
import type { Engines } from './search-orientations.js';

/**
 * Bytes that buffers may hold after a job before unused ones are freed; what Node.js itself holds takes 1.6 MB of them.
 */
const MAX_EXTERNAL_BYTES = 7_600_000;

/** What models may take in a worker: a session of YOLOX-X has 0.6 GB. An allocation beyond it fails its own job. */
const MAX_MODEL_BYTES = 2e9;
const MIN_MODEL_BYTES = 300e6;
/** Of the memory that the machine or the container has. */
const MODEL_SHARE = 1 / 3;
/** Beside models and pictures: uploads, cascades, libraries that are loaded later, and threads. */
const OTHER_BYTES = 1e9;
/** The coefficients of a progressive JPEG, its pixels, and copies of them (docs/decisions/0021). */
const BYTES_PER_PIXEL = 24;
/** Of what models may take. */
const SPENT_SHARE = 1 / 8;

/** The child process that decodes, searches and draws, one job at a time. Its parent is `WorkerHandle`. */
function main(): void {
  // If the parent is gone, however it ended, no worker may stay behind.
  process.on('disconnect', () => process.exit());
  // Ctrl-C reaches the whole process group, but the parent decides when running jobs end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

  try {
    start();
  } catch (error) {
    // The parent ends this process once it has the reason.
    send({ type: 'unable', reason: textOf(error) });
  }
}

/** Throws, with the reason, if the worker cannot work at all. */
function start(): void {
  const native = loadDecoder();
  const files = new FilesOfParent(native, send, readImage);
  const own = ownEngine(files);
  const fault = openCvFault('engine');
  const cascades = [...(fault ? [] : ['opencv']), ...Object.keys(own)];
  if (cascades.length === 0) throw new Error(`The cascade engine does not load, and ${fault}`);
  const maxPixels = Number(process.env.SITEGLASS_MAX_PIXELS);
  const decoder = new ImageDecoder(native, maxPixels);
  // Also where OpenCV is not installed: a search then says so.
  const engines: Engines = { opencv: new OpenCvSearch(openCv, undefined, files), ...own };
  const onnxRuntime = () => loadOnnxRuntime(native);
  const models = new ModelSearch(native, onnxRuntime, undefined, files);
  const runner = new JobRunner(openCv, onnxRuntime, decoder, { engines, models }, readImage, files);
  process.on('message', async (message: ParentMessage) => {
    const reply = await runner.reply(message);
    if (reply)
      send(reply.type === 'refused' && isSpent(native) ? { ...reply, spent: true } : reply);
    freeBuffers(models.keptBytes);
  });

  // Nothing of a client has been read yet.
  const maxBytes = modelBytes() + OTHER_BYTES + maxPixels * BYTES_PER_PIXEL;
  const sandbox = enterSandbox(native, { maxBytes, environment: process.env });
  send({
    type: 'ready',
    protocol: PROTOCOL_VERSION,
    engines: [...cascades, ...(isRuntimeInstalled() ? ['onnxruntime'] : [])] as EngineName[],
    pid: process.pid,
    sandbox,
  });
}

let loaded: OpenCv | undefined;

/** Loaded when it is first needed: it maps hundreds of libraries. */
function openCv(): OpenCv {
  try {
    loaded ??= loadOpenCv('engine');
    return loaded;
  } catch (error) {
    process.stderr.write(`${textOf(error)}\n`);
    throw new Refusal(
      'detection_unavailable',
      error instanceof OpenCvMissing
        ? error.message
        : 'OpenCV does not load, and this detector is searched by OpenCV.',
    );
  }
}

function modelBytes(): number {
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return Math.round(Math.max(MIN_MODEL_BYTES, Math.min(MAX_MODEL_BYTES, memory * MODEL_SHARE)));
}

let onnxRuntime: OnnxRuntime | undefined;
/** Bytes that the process may use while a model is loaded or runs. */
let mostMemory = Number.POSITIVE_INFINITY;
/** Since the last reply. */
let modelFailed = false;

/** Loaded with the first model. Its work has a limit, so that no model takes all of the memory. */
function loadOnnxRuntime(native: NativeDecoder): OnnxRuntime {
  try {
    if (!onnxRuntime) {
      mostMemory = native.memoryInUse() + modelBytes();
      onnxRuntime = limitedRuntime(loadRuntime(), {
        set: () => native.limitMemory(mostMemory),
        lift: () => native.limitMemory(Number.POSITIVE_INFINITY),
        onFailure: () => {
          modelFailed = true;
        },
      });
    }
    return onnxRuntime;
  } catch (error) {
    process.stderr.write(`${textOf(error)}\n`);
    throw new Refusal('detection_unavailable', textOf(error));
  }
}

/**
 * A model that failed for want of memory leaves some of it taken, after its session is released. The next ones would
 * lack it.
 */
function isSpent(native: NativeDecoder): boolean {
  const failed = modelFailed;
  modelFailed = false;
  return failed && native.memoryInUse() > mostMemory - modelBytes() * (1 - SPENT_SHARE);
}

/** Without it, because the processor cannot run it or the addon is not built, OpenCV does all searches. */
function ownEngine(files: FilesOfParent): Engines {
  try {
    return { siteglass: SiteglassSearch.open(files) };
  } catch (error) {
    process.stderr.write(`${textOf(error)}\n`);
    return {};
  }
}

/**
 * Uploads and pixels lie outside V8's heap, which a job hardly touches. V8 alone would let tens of megabytes of them
 * pile up before it collects. A young collection takes half a millisecond. `process.memoryUsage` would read a file of
 * the system each time.
 */
function freeBuffers(kept: number): void {
  if (getHeapStatistics().external_memory > MAX_EXTERNAL_BYTES + kept)
    globalThis.gc?.({ type: 'minor' });
}

function send(message: WorkerMessage): void {
  process.send?.(message);
}

main();
