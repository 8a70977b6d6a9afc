/** Names that a message lists. */
const MAX_LISTED = 100;

/** The text of an error: what is wrong, the name that was probably meant, and the valid ones. */
export function unknownName(fault: string, name: string, valid: readonly string[]): string {
  const meant = nearest(name, valid);
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  const shown = valid.slice(0, MAX_LISTED).join(', ');
  const more = valid.length > MAX_LISTED ? `, and ${valid.length - MAX_LISTED} more` : '';
  return `${fault}.${hint} ${valid.length === 0 ? 'There are none.' : `Valid: ${shown}${more}`}`;
}

/** Such a text without the list. */
export const withoutValidNames = (message: string): string =>
  message.replace(/ (Valid: .*|There are none\.)$/s, '');

/** The candidate with the least edits from `name`, if these are at most a third of its letters. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) >= least) continue;
    const edits = distance(wanted, candidate.toLowerCase());
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}

/**
 * Optimal string alignment: letters inserted, removed, replaced, or two neighbours swapped (Damerau 1964; Wagner and
 * Fischer 1974).
 */
function distance(a: string, b: string): number {
  let older: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(above, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let edits = Math.min(at(above, j) + 1, at(row, j - 1) + 1, replaced);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) edits = Math.min(edits, at(older, j - 2) + 1);
      row.push(edits);
    }
    [older, above] = [above, row];
  }
  return at(above, b.length);
}

const at = (row: number[], i: number): number => row[i] ?? 0;
