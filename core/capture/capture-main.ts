import { loadOpenCv, type OpenCv, type VideoCapture } from '../opencv/opencv.js';
import type { CaptureReply, CaptureRequest, CaptureSource } from './capture-protocol.js';
import { FileCapture } from './file-capture.js';
import { type FrameSource, LiveCapture } from './live-capture.js';

/** The child process that has one stream, device or video file open. Its parent is `CaptureProcess`. */
function main(): void {
  process.on('disconnect', () => process.exit());
  // Ctrl-C reaches the whole process group; the parent ends its children itself.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

  let source: FrameSource | undefined;
  process.on('message', async (request: CaptureRequest) => {
    if (request.type === 'open') source = open(request.source);
    else if (source) send(await source.take(request.atMs).catch(() => ENDED));
  });
}

const ENDED: CaptureReply = { type: 'failed', reason: 'ended' };

/** Undefined, after a message to the parent, if it cannot be opened. */
function open(source: CaptureSource): FrameSource | undefined {
  let cv: OpenCv;
  try {
    cv = loadOpenCv('capture');
  } catch {
    send({ type: 'failed', reason: 'unavailable' });
    return undefined;
  }
  try {
    const capture = openCapture(cv, source);
    return source.kind === 'file' ? new FileCapture(cv, capture) : new LiveCapture(cv, capture);
  } catch {
    send({ type: 'failed', reason: 'unopened' });
    return undefined;
  }
}

function openCapture(cv: OpenCv, source: CaptureSource): VideoCapture {
  switch (source.kind) {
    case 'stream':
      return new cv.VideoCapture(source.url, cv.CAP_FFMPEG);
    case 'device':
      return new cv.VideoCapture(source.path, cv.CAP_V4L2);
    case 'file':
      return new cv.VideoCapture(source.path, cv.CAP_FFMPEG);
  }
}

function send(reply: CaptureReply): void {
  process.send?.(reply);
}

main();
