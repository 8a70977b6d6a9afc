import type { InputSize } from '../model-input.js';

/** The cells of an input in steps of a stride, row by row. */
export interface Grid {
  stride: number;
  columns: number;
  rows: number;
  cells: number;
}

export function gridsOf({ width, height }: InputSize, strides: readonly number[]): Grid[] {
  return strides.map((stride) => {
    const [columns, rows] = [Math.ceil(width / stride), Math.ceil(height / stride)];
    return { stride, columns, rows, cells: columns * rows };
  });
}

export const cellsOf = (grids: Grid[]): number => grids.reduce((sum, { cells }) => sum + cells, 0);

/** The cell of a row, in outputs with a row for each cell of all grids in their order. */
export function cellOf(grids: Grid[], row: number): [grid: Grid, cell: number] {
  let cell = row;
  for (const grid of grids) {
    if (cell < grid.cells) return [grid, cell];
    cell -= grid.cells;
  }
  throw new Error(`there is no row ${row}`);
}
