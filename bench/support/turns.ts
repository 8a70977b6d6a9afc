/** Results of parts that were measured in turn. */
export interface Turns<Result> {
  /** One more than there are rounds: the reference also ends the last round. */
  reference: Result[];
  /** Of each other part, one result a round. */
  others: Result[][];
}

/**
 * Measures a reference and other parts in turn, and the reference again at the end: so each measurement has one of the
 * reference before and after it, on a machine whose speed drifts.
 */
export async function inTurns<Result>(
  rounds: number,
  reference: () => Promise<Result>,
  others: (() => Promise<Result>)[],
): Promise<Turns<Result>> {
  const turns: Turns<Result> = { reference: [await reference()], others: others.map(() => []) };
  for (let round = 0; round < rounds; round++) {
    for (const [i, measure] of others.entries()) turns.others[i]?.push(await measure());
    turns.reference.push(await reference());
  }
  return turns;
}

/** The ratio of each measurement to the mean of the reference before and after it. */
export function ratiosToReference(reference: number[], measured: number[]): number[] {
  if (reference.length !== measured.length + 1)
    throw new Error(
      `${measured.length} measurements need ${measured.length + 1} of the reference; there are ${reference.length}`,
    );
  return measured.map((value, i) => (2 * value) / ((reference[i] ?? 0) + (reference[i + 1] ?? 0)));
}
