import type { EngineName } from '../../contract/detection.js';
import { loadOpenCv, type OpenCv } from '../../opencv/opencv.js';
import type { Job, JobResult, WorkerMessage } from '../protocol.js';
import { PROTOCOL_VERSION } from '../protocol.js';
import { analyse } from './analyse.js';
import { SiteglassSearch } from './backends/cascade.js';
import { OpenCvSearch } from './backends/opencv.js';
import { draw } from './draw.js';
import { probe } from './probe.js';
import { Refusal } from './refusal.js';
import type { Engines } from './search-orientations.js';
import { thumbnail } from './thumbnail.js';

/** What buffers may hold after a job before those that are done with are freed. */
const MAX_BUFFER_BYTES = 6_000_000;

/** The child process that decodes, searches and draws, one job at a time. Its parent is `WorkerHandle`. */
function main(): void {
  // A parent that is gone, however it went, must leave no worker behind.
  process.on('disconnect', () => process.exit());
  // Ctrl-C reaches the whole process group, but the parent decides when running jobs end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

  let cv: OpenCv;
  try {
    cv = loadOpenCv();
  } catch (error) {
    // The parent ends this process once it has read why. Below the first line stand the module's callers.
    const [reason = ''] = textOf(error).split('\n', 1);
    send({ type: 'unable', reason });
    return;
  }
  const engines: Engines = { opencv: new OpenCvSearch(cv), ...ownEngine() };
  // The decoders' own limit, read from where they read it.
  const maxPixels = Number(process.env.OPENCV_IO_MAX_IMAGE_PIXELS);

  const perform = (job: Job): JobResult => {
    switch (job.kind) {
      case 'analyse':
        return analyse(cv, engines, job.bytes, job.plan, maxPixels);
      case 'thumbnail':
        return thumbnail(cv, job.bytes, job.side, maxPixels);
      case 'draw':
        return draw(cv, job.bytes, job.boxes, maxPixels);
      case 'probe':
        return probe(cv, job.cascade, engines);
      case 'ping':
        return 'pong';
    }
  };
  process.on('message', (job: Job) => {
    send(answer(perform, job));
    freeBuffers();
  });

  const { major, minor, revision } = cv.version;
  const openCvVersion = `${major}.${minor}.${revision}`;
  send({
    type: 'ready',
    protocol: PROTOCOL_VERSION,
    openCvVersion,
    engines: Object.keys(engines) as EngineName[],
    pid: process.pid,
  });
}

/** A processor that cannot run the project's own engine, or an addon that is not built, leaves the work to OpenCV. */
function ownEngine(): Engines {
  try {
    return { siteglass: SiteglassSearch.open() };
  } catch (error) {
    process.stderr.write(`${textOf(error)}\n`);
    return {};
  }
}

function answer(perform: (job: Job) => JobResult, job: Job): WorkerMessage {
  try {
    return { type: 'done', result: perform(job) };
  } catch (error) {
    if (error instanceof Refusal)
      return { type: 'refused', code: error.code, detail: error.message };
    return { type: 'failed', message: textOf(error) };
  }
}

/**
 * Uploads and pixels lie outside V8's heap, which a job hardly touches: left to itself its collector lets tens of
 * megabytes of them pile up. A young collection takes half a millisecond.
 */
function freeBuffers(): void {
  if (process.memoryUsage().arrayBuffers > MAX_BUFFER_BYTES) globalThis.gc?.({ type: 'minor' });
}

function send(message: WorkerMessage): void {
  process.send?.(message);
}

/** The addon throws strings as well as errors. */
const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

main();
