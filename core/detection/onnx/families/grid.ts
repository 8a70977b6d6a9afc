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

/** Calls `visit` for each cell of all grids, in their order. */
export function forEachCell(
  grids: Grid[],
  visit: (row: number, column: number, line: number, stride: number) => void,
): void {
  let row = 0;
  for (const { stride, columns, rows } of grids)
    for (let line = 0; line < rows; line++)
      for (let column = 0; column < columns; column++) visit(row++, column, line, stride);
}
