const QUIET_SECONDS = 15;

/**
 * Shows the progress of one step: on a terminal a line that is rewritten every second, in a log a line every 15 seconds.
 * The last line gives the seconds that the step took.
 * @template T
 * @param {string} title
 * @param {(status: (text: string) => void) => Promise<T>} work
 * @param {NodeJS.WriteStream} out
 * @returns {Promise<T>}
 */
export async function showProgress(title, work, out = process.stdout) {
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  const wholeSeconds = () => `${Math.round((performance.now() - started) / 1000)} s`;
  let detail = '';
  const line = () => `  … ${title}${detail && `: ${detail}`}, ${wholeSeconds()}`;
  const timer = out.isTTY
    ? setInterval(() => out.write(`\r\x1b[K${line()}`), 1000)
    : setInterval(() => out.write(`${line()}\n`), QUIET_SECONDS * 1000);
  let mark = '✗';
  try {
    const result = await work((status) => {
      detail = status;
    });
    mark = '✓';
    return result;
  } finally {
    clearInterval(timer);
    out.write(`${out.isTTY ? '\r\x1b[K' : ''}  ${mark} ${title} (${seconds()} s)\n`);
  }
}
