type Cell = string | number;

/** One line of a bench's table, by column. */
export type Row = Record<string, Cell>;

/** Prints rows in aligned columns; the first row's keys are the heading. Numbers stand to the right. */
export function printTable(rows: Row[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => shown(row[column])))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  const numeric = columns.map((column) => rows.every((row) => typeof row[column] === 'number'));
  for (const line of cells)
    console.log(
      line
        .map((cell, i) =>
          numeric[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    );
}

/** Ends a bench: its figures as one line of JSON, for programs that follow them over time. */
export function printFigures(bench: string, figures: Record<string, number>): void {
  const rounded = Object.entries(figures).map(([name, value]) => [name, round(value)]);
  console.log(JSON.stringify({ bench, ...Object.fromEntries(rounded) }));
}

export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** Percentiles by the nearest-rank method, in the samples' own unit. There has to be a sample. */
export function percentiles(samples: number[]): Percentiles {
  if (samples.length === 0) throw new Error('no samples to take percentiles of');
  const sorted = Float64Array.from(samples).sort();
  const at = (percent: number) => sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? 0;
  return { p50: at(50), p95: at(95), p99: at(99), max: at(100) };
}

/** Three significant digits say enough of a measurement; whole numbers keep all of theirs. */
const round = (value: number): number =>
  Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));

const shown = (cell: Cell | undefined): string =>
  typeof cell === 'number' ? String(round(cell)) : (cell ?? '');
