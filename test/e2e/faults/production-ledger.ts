import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/**
 * What a site produced, kept outside of the system under test: a line before each commit and a line after it, on the
 * disk before the next step. A summary with the first alone was cut short: it may be there or not, but not twice.
 */
export class ProductionLedger {
  readonly #file: number;

  constructor(file: string) {
    this.#file = openSync(file, 'a');
  }

  intended(snapshots: string[]): void {
    this.#write('?', snapshots);
  }

  committed(snapshots: string[]): void {
    this.#write('=', snapshots);
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(mark: string, snapshots: string[]): void {
    if (snapshots.length === 0) return;
    writeSync(this.#file, snapshots.map((snapshot) => `${mark} ${snapshot}\n`).join(''));
    fsyncSync(this.#file);
  }
}

export interface Production {
  intended: Set<string>;
  committed: Set<string>;
}

export function readProduction(file: string): Production {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const marked = (mark: string) =>
    new Set(lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(2)));
  const committed = marked('=');
  return { intended: new Set([...marked('?'), ...committed]), committed };
}
