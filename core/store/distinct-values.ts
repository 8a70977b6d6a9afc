/** More are not looked for: a model has at most 1,000 labels. */
const MAX_VALUES = 2_000;

/**
 * The different values of an indexed column, in order: `next` resolves with the lowest one above the value before. Reads
 * one row of the index for each, where `select distinct` reads all of them.
 */
export async function distinctValues(
  next: (after: string) => Promise<string | null | undefined>,
): Promise<string[]> {
  const values: string[] = [];
  for (let last = ''; values.length < MAX_VALUES; ) {
    const value = await next(last);
    if (value === null || value === undefined) break;
    values.push(value);
    last = value;
  }
  return values;
}
