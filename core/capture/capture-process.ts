import type { ChildProcess } from 'node:child_process';
import { openCvFiles } from '../opencv/opencv-addon.js';
import { type Launch, launchProcess } from '../runtime/sandbox/launch-process.js';
import type {
  CaptureFailureReason,
  CaptureReply,
  CaptureRequest,
  CaptureSource,
} from './capture-protocol.js';

/** Why a capture process gave no frame. */
export class CaptureFailure extends Error {
  override readonly name = 'CaptureFailure';

  constructor(readonly reason: CaptureFailureReason) {
    super(reason);
  }
}

const ENTRY = new URL('./capture-main.js', import.meta.url);
const NODE_FLAGS = ['--max-old-space-size=64', '--max-semi-space-size=1'];

/**
 * Formats that hold pictures. What FFmpeg takes for another one is refused: playlists, lists of files and descriptions
 * of sessions (HLS, DASH, concat, SDP), which would make it open more.
 */
const FILE_FORMATS = [
  ...[
    'mov,mp4,m4a,3gp,3g2,mj2',
    'matroska,webm',
    'avi',
    'mpegts',
    'mpeg',
    'mpegvideo',
    'flv',
    'asf',
  ],
  ...['ogg', 'mxf', 'nut', 'gif', 'mjpeg', 'h264', 'hevc', 'm4v', 'dv', 'ivf', 'wtv', 'rm', 'swf'],
];

const FFMPEG_OPTIONS = {
  stream: 'rtsp_transport;tcp|protocol_whitelist;tcp|format_whitelist;rtsp',
  file: `protocol_whitelist;file|format_whitelist;${FILE_FORMATS.join(',')}`,
  device: '',
} satisfies Record<CaptureSource['kind'], string>;

/** What FFmpeg prints when a server refuses it. Its lines hold addresses, so nothing else of them is used. */
const HINTS: [RegExp, CaptureFailureReason][] = [
  [/ 40[13] /, 'refused'],
  [/ 404 /, 'missing'],
  [/Connection refused|timed out|No route to host|Network is unreachable|resolve/, 'unreachable'],
];

interface Pending {
  resolve(jpeg: Buffer | undefined): void;
  reject(error: unknown): void;
}

/** One process that has one stream, device or video file open, for as long as it runs. It is not restarted. */
export class CaptureProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #pending: Pending | undefined;
  #reason: CaptureFailureReason = 'ended';
  #hint: CaptureFailureReason | undefined;
  #alive = true;

  constructor(source: CaptureSource) {
    const child = launchProcess(ENTRY, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      environment: {
        OPENCV_LOG_LEVEL: 'SILENT',
        OPENCV_FFMPEG_CAPTURE_OPTIONS: FFMPEG_OPTIONS[source.kind],
        // With one decoder thread no frames are held back.
        OPENCV_FFMPEG_THREADS: '1',
      },
      flags: NODE_FLAGS,
      ...reachOf(source),
    });
    this.#child = child;
    child.on('message', (reply: CaptureReply) => this.#onReply(reply));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#hint ??= HINTS.find(([pattern]) => pattern.test(text))?.[1];
    });
    this.#ended = new Promise((resolve) => {
      const end = () => {
        this.#alive = false;
        this.#takePending()?.reject(this.#failure());
        resolve();
      };
      // All that it printed has been read by then.
      child.once('error', end).once('close', end);
    });
    this.#send({ type: 'open', source });
  }

  /** Resolves when the process is gone. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * A frame as JPEG, one call at a time; undefined if a file ends before `atMs`. Rejects with a
   * CaptureFailure, or when `signal` aborts. Either ends the process.
   */
  async take(signal: AbortSignal, atMs = 0): Promise<Buffer | undefined> {
    signal.throwIfAborted();
    const giveUp = () => {
      this.#takePending()?.reject(signal.reason);
      this.#kill();
    };
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await new Promise<Buffer | undefined>((resolve, reject) => {
        this.#pending = { resolve, reject };
        if (this.#alive) this.#send({ type: 'take', atMs });
        else this.#takePending()?.reject(this.#failure());
      });
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.#kill();
    await this.#ended;
  }

  #send(request: CaptureRequest): void {
    // If the child is gone, its end reports that.
    this.#child.send(request, () => undefined);
  }

  #onReply(reply: CaptureReply): void {
    if (reply.type === 'frame') {
      this.#takePending()?.resolve(reply.jpeg ?? undefined);
    } else {
      this.#reason = reply.reason;
      this.#kill();
    }
  }

  #failure(): CaptureFailure {
    const isVague = this.#reason === 'unopened' || this.#reason === 'ended';
    return new CaptureFailure((isVague ? this.#hint : undefined) ?? this.#reason);
  }

  #kill(): void {
    this.#alive = false;
    this.#child.kill('SIGKILL');
  }

  #takePending(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }
}

/** What it needs beside the program: its own source, and nothing else of this machine or the network. */
function reachOf(source: CaptureSource): Pick<Launch, 'read' | 'devices' | 'connect'> {
  const libraries = openCvFiles('capture');
  switch (source.kind) {
    case 'stream':
      return { read: libraries, connect: [source.port] };
    case 'device':
      return { read: libraries, devices: [source.path] };
    case 'file':
      return { read: [...libraries, source.path] };
  }
}
