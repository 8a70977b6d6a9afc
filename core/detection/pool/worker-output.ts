import type { Readable } from 'node:stream';
import type { Logger } from '../../runtime/logger.js';

const MAX_LINE = 500;
/** Of what is read at once. */
const MAX_LINES = 20;
/** Kept for the reason of an end. */
const LAST_LINES = 8;
const LAST_LENGTH = 200;

/** What a worker prints, within limits: a hostile file must not fill the log. */
export class WorkerOutput {
  readonly #last: string[] = [];

  constructor(private readonly log: Logger) {}

  read(stream: Readable | null): void {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      for (const line of lines.slice(0, MAX_LINES))
        this.log.debug({ line: line.slice(0, MAX_LINE) }, 'worker output');
      // Frames of a stack, and the properties of an error, are indented.
      const said = lines.filter((line) => !/^\s/.test(line)).slice(-LAST_LINES);
      this.#last.push(...said.map((line) => line.slice(0, LAST_LENGTH)));
      this.#last.splice(0, this.#last.length - LAST_LINES);
    });
  }

  /** The last lines as one; undefined if nothing was printed. */
  get last(): string | undefined {
    return this.#last.length > 0 ? this.#last.join(' | ') : undefined;
  }
}
