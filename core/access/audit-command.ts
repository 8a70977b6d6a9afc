import type { CommandOptions } from '../runtime/command-line.js';
import { presentEntry } from './audit-routes.js';
import type { CommandAccess } from './command-access.js';

const SHOWN = 200;

/** The newest entries of the audit log, the newest last, as text or JSON. */
export async function auditCommand(
  { audit }: CommandAccess,
  { json }: CommandOptions,
): Promise<string> {
  const entries = (await audit.page({ limit: SHOWN })).map(presentEntry).reverse();
  if (json) return JSON.stringify(entries, undefined, 2);
  return entries
    .map(({ at, action, actor, subject, detail, count }) => {
      const from = actor.address === null ? '' : ` from ${actor.address}`;
      const times = count > 1 ? ` (${count} times)` : '';
      const what = [subject, detail].filter((text) => text !== null).join(': ');
      return `${at}  ${action.padEnd(22)} ${actor.name} (${actor.kind})${from}${what && `  ${what}`}${times}`;
    })
    .join('\n');
}
