import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from './problem.mjs';

/** A domain that no mail reaches (RFC 2606). */
const PLACEHOLDER = /[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.invalid\b/;

/**
 * Returns what a publisher still has to do about the address for reports of vulnerabilities; undefined if it is a real one.
 * Throws a Problem instead if packages are to be signed, since those are published.
 * @param {string} root
 * @param {string | undefined} signKey
 */
export function checkContact(root, signKey) {
  const [address] = PLACEHOLDER.exec(readFileSync(join(root, 'SECURITY.md'), 'utf8')) ?? [];
  if (address === undefined) return undefined;
  const fault = `SECURITY.md names ${address}, which is a placeholder: before you publish, replace it by an address that is read.`;
  if (signKey) throw new Problem(fault);
  return fault;
}
