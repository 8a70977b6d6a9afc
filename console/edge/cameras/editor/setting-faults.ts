import { ApiError } from '../../../shared/api.js';

/** What the program found wrong with a setting or with a part of it. */
export function faultAt(error: unknown, path: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const faults = error.problem.errors ?? [];
  const exact = faults.find((fault) => fault.path === path);
  const inside = faults.find((fault) => fault.path.startsWith(`${path}.`));
  return (exact ?? inside)?.message;
}
