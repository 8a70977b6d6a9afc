/**
 * Licences that may be part of a package: each allows use, change and distribution with a notice. A licence that is not in
 * the list is refused until somebody has read it.
 */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC-BY-3.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'WTFPL',
  'Zlib',
]);

/** The licence in a package.json, also in the forms that npm no longer accepts; undefined if there is none. */
export function licenceOf(manifest: { license?: unknown; licenses?: unknown }): string | undefined {
  const { license, licenses } = manifest;
  const found = license ?? licenses;
  const list = Array.isArray(found) ? found : [found];
  const names = list.map((entry) =>
    typeof entry === 'string' ? entry : (entry as { type?: unknown } | undefined)?.type,
  );
  if (names.length === 0 || names.some((name) => typeof name !== 'string')) return undefined;
  return names.length === 1 ? String(names[0]) : `(${names.join(' OR ')})`;
}

/** Why a package with this licence may not be distributed; undefined if it may. Of alternatives, one must be allowed. */
export function licenceFault(licence: string | undefined): string | undefined {
  if (licence === undefined) return 'it names no licence';
  const text = licence.replace(/^\((.*)\)$/, '$1');
  const isAllowed = text
    .split(/ OR /)
    .some((choice) => choice.split(/ AND /).every((part) => ALLOWED.has(part.trim())));
  return isAllowed ? undefined : `the licence ${licence} is not in the list`;
}
