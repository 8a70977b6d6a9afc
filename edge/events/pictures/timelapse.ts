import type { ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { JobOrigin } from '../../../core/detection/detection.js';
import { CallerPlaces } from '../../../core/http/caller-places.js';
import type { StoredImage } from '../../../core/images/image-table.js';
import type { Images } from '../../../core/images/images.js';
import type { Renditions } from '../../../core/images/renditions.js';
import { messageOf, ProblemError } from '../../../core/runtime/errors.js';
import type { Service } from '../../../core/runtime/lifecycle.js';
import type { Logger } from '../../../core/runtime/logger.js';
import { launchProgram } from '../../../core/runtime/sandbox/launch-program.js';

export interface TimelapseOptions {
  images: Pick<Images, 'find'>;
  renditions: Pick<Renditions, 'make'>;
  /** The ids of a camera's pictures of a time, oldest first. */
  idsBetween(camera: string, from: number, to: number): Promise<string[]>;
  log: Logger;
  /** Where `ffmpeg` may be. */
  places?: readonly string[];
  deadlineMs?: number;
}

const PLACES = ['/usr/bin/ffmpeg', '/usr/local/bin/ffmpeg'];
/** Of a day with more pictures, so many are taken at even distances: two minutes of film. */
const MAX_FRAMES = 1_440;
const FRAMES_PER_SECOND = 12;
const WIDTH = 960;
const DEADLINE_MS = 300_000;
/** Of what the program reports of a failure. */
const MAX_REPORT = 2_000;

/** A film of a camera's day, made by `ffmpeg` of copies that the workers make: it never sees the bytes of a camera. */
export class Timelapse implements Service {
  readonly name = 'time-lapse';
  readonly #running = new Set<ChildProcess>();
  readonly #places = new CallerPlaces({ all: 2, what: 'time-lapse', retryAfterSeconds: 30 });

  constructor(private readonly options: TimelapseOptions) {}

  async stop(): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL');
  }

  /**
   * An MP4 while it is made. Throws `ffmpeg_missing`, `exports_busy`, `rate_limited` if the caller has one under way, or
   * `not_found` for a day without pictures.
   */
  async open(
    camera: string,
    bounds: { from: number; to: number },
    origin: JobOrigin,
  ): Promise<Readable> {
    const program = this.#program();
    const free = this.#places.take(origin.kind === 'client' ? origin.id : origin.kind);
    try {
      const { idsBetween } = this.options;
      const ids = evenly(await idsBetween(camera, bounds.from, bounds.to), MAX_FRAMES);
      const first = await this.#firstOf(ids);
      if (!first)
        throw new ProblemError('not_found', `There are no pictures of ${camera} of this day.`);
      return this.#film(program, ids, first, { origin, free });
    } catch (error) {
      free();
      throw error;
    }
  }

  #program(): string {
    const found = (this.options.places ?? PLACES).find(isExecutable);
    if (found !== undefined) return found;
    throw new ProblemError(
      'ffmpeg_missing',
      'A time-lapse is made by ffmpeg, which is not installed on this machine. Install it, on Debian with "sudo apt install ffmpeg", and try again; no restart is needed.',
    );
  }

  #film(
    program: string,
    ids: string[],
    first: StoredImage,
    { origin, free }: { origin: JobOrigin; free(): void },
  ): Readable {
    const { log, deadlineMs = DEADLINE_MS } = this.options;
    const child = launchProgram(program, {
      options: optionsFor(first),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    const { stdin, stdout, stderr } = child;
    if (!stdin || !stdout || !stderr) throw new Error('the program has no pipes');
    let report = '';
    stderr.on('data', (text: Buffer) => {
      report = `${report}${text}`.slice(-MAX_REPORT);
    });
    // The program ends only when its output has been read: a client that stops reading must give way as well.
    const deadline = setTimeout(
      () => film.destroy(new Error('the time-lapse was not completed in time')),
      deadlineMs,
    ).unref();
    const ended = new Promise<boolean>((resolve) => {
      child.once('error', () => resolve(false));
      child.once('close', (code) => {
        if (code !== 0 && code !== null) log.warn({ code, report }, 'ffmpeg failed');
        resolve(code === 0);
      });
    }).finally(() => {
      clearTimeout(deadline);
      free();
      this.#running.delete(child);
    });
    pipeline(Readable.from(this.#frames(ids, origin)), stdin).catch((error: unknown) =>
      log.debug({ error: messageOf(error) }, 'time-lapse ended early'),
    );
    const film = Readable.from(completed(stdout, ended), { objectMode: false });
    // The generator returns only once what it waits for has come: without this, the program of a client that went away
    // would go on until its next output.
    const release = film._destroy.bind(film);
    film._destroy = (error, done) => {
      child.kill('SIGKILL');
      release(error, done);
    };
    return film;
  }

  /** One copy at a time is in memory. Pictures that have been removed meanwhile, or do not decode, are left out. */
  async *#frames(ids: string[], origin: JobOrigin): AsyncGenerator<Buffer> {
    const { images, renditions, log } = this.options;
    for (const id of ids)
      try {
        yield await renditions.make(await images.find(id), { width: WIDTH, boxes: false }, origin);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        log.debug({ image: id, error: messageOf(error) }, 'picture left out of a time-lapse');
      }
  }

  async #firstOf(ids: string[]): Promise<StoredImage | undefined> {
    for (const id of ids)
      try {
        return await this.options.images.find(id);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
      }
    return undefined;
  }
}

/** What the program writes; fails if it does not end well, so that no client takes a part for the whole. */
async function* completed(output: Readable, ended: Promise<boolean>): AsyncGenerator<Buffer> {
  yield* output;
  if (!(await ended)) throw new Error('the time-lapse was not completed');
}

/** Every picture has the size of the first, with bars if its shape is another; H.264 needs even numbers. */
function optionsFor({ width, height }: StoredImage): string[] {
  const across = even(Math.min(WIDTH, width));
  const size = `${across}:${even((height * across) / width)}`;
  const fit = `scale=${size}:force_original_aspect_ratio=decrease,pad=${size}:-1:-1,setsar=1,format=yuv420p`;
  return [
    ...['-hide_banner', '-loglevel', 'error'],
    ...['-f', 'image2pipe', '-c:v', 'mjpeg', '-framerate', String(FRAMES_PER_SECOND)],
    ...['-i', 'pipe:0', '-vf', fit],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '26', '-threads', '1'],
    ...['-g', String(2 * FRAMES_PER_SECOND)],
    // In fragments: an index at the beginning would need a file that can be gone back in.
    ...['-movflags', 'frag_keyframe+empty_moov+default_base_moof', '-f', 'mp4', 'pipe:1'],
  ];
}

const even = (pixels: number) => Math.max(2, 2 * Math.round(pixels / 2));

function evenly<T>(all: T[], most: number): T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)] as T);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
