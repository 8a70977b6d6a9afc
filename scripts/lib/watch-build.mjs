import { spawn } from 'node:child_process';
import { existsSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { compilers } from './console.mjs';

/** A save touches several files, and an editor may write each of them twice. */
const QUIET_MS = 200;
const SOURCE = /\.(m?tsx?|mjs|json|css|html)$/;

/**
 * Compiles after each change of a source and prints the compiler's messages. TypeScript 7's own `--watch` is not used: it
 * missed changes on Linux (7.0.2). A compilation is incremental and takes about a second.
 */
export class WatchedBuild {
  #root;
  /** @type {((value: 'rebuilt') => void)[]} */
  #waiting = [];
  /** @type {NodeJS.Timeout | undefined} */
  #quiet;
  /** @type {import('node:fs').FSWatcher[]} */
  #watchers = [];
  #compiling = false;
  #changed = false;

  /** @param {string} root */
  constructor(root) {
    this.#root = root;
  }

  start() {
    /** @type {{ include: string[] }} */
    const { include } = JSON.parse(readFileSync(join(this.#root, 'tsconfig.json'), 'utf8'));
    for (const folder of [...include, 'console']
      .map((name) => join(this.#root, name))
      .filter(existsSync))
      this.#watchers.push(
        watch(folder, { recursive: true }, (_, file) => {
          if (file && SOURCE.test(file)) this.#schedule();
        }),
      );
  }

  stop() {
    for (const watcher of this.#watchers) watcher.close();
    clearTimeout(this.#quiet);
  }

  /**
   * Resolves at the next build without errors.
   * @returns {Promise<'rebuilt'>}
   */
  next() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #schedule() {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#compile(), QUIET_MS);
  }

  async #compile() {
    this.#changed = true;
    if (this.#compiling) return;
    this.#compiling = true;
    let code = 0;
    while (this.#changed) {
      this.#changed = false;
      code = await this.#runCompiler();
    }
    this.#compiling = false;
    if (code !== 0)
      return console.log('tsc   | The program does not compile; waiting for changes.');
    for (const resolve of this.#waiting.splice(0)) resolve('rebuilt');
  }

  async #runCompiler() {
    for (const args of compilers(this.#root)) {
      const code = await this.#run(args);
      if (code !== 0) return code;
    }
    return 0;
  }

  /**
   * @param {string[]} args
   * @returns {Promise<number>}
   */
  #run(args) {
    const child = spawn(process.execPath, args, { cwd: this.#root, stdio: 'inherit' });
    return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
  }
}
