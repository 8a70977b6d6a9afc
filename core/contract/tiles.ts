/** Limit on the parts that an image is divided into. */
export const MAX_TILES = 16;

/** Columns and rows of e.g. 3x2; 1 is the whole image. */
export function tilesOf(text: string): { columns: number; rows: number } {
  const [columns = 1, rows = columns] = text.split('x').map(Number);
  return { columns, rows };
}
