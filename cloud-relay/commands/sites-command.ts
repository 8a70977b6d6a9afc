import { Audit } from '../../core/access/audit.js';
import { commandActor } from '../../core/access/command-actor.js';
import type { AuditAction } from '../../core/contract/access.js';
import { nameSchema } from '../../core/contract/names.js';
import { systemClock, toIsoString } from '../../core/runtime/clock.js';
import type { CommandOptions } from '../../core/runtime/command-line.js';
import { StartError } from '../../core/runtime/errors.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { ownPin } from '../api/own-pin.js';
import type { RelayConfig } from '../config.js';
import { enrolmentPlace } from '../fleet/enrolment-place.js';
import { Enrolments } from '../fleet/enrolments.js';
import { brokerAccounts } from '../ingest/relay-broker.js';
import { sites } from '../store/site-table.js';
import { overDatabase, type RelayDatabase } from './over-database.js';

const USAGE = 'expected "sites", "sites enrol NAME", "sites rotate NAME" or "sites revoke NAME"';

/** Lists sites, enrols them and ends their accounts, beside the service. */
export function sitesCommand(config: RelayConfig, { words }: CommandOptions): Promise<string> {
  return overDatabase(config, (db) => runOver(config, db, words));
}

async function runOver(
  config: RelayConfig,
  db: RelayDatabase,
  [action, name, ...more]: string[],
): Promise<string> {
  if (action === undefined) return list(db);
  if (name === undefined || more.length > 0) throw new StartError(USAGE);
  const { error } = nameSchema.safeParse(name);
  if (error) throw new StartError(`${name}: ${error.issues[0]?.message}`);
  const enrolments = new Enrolments({
    db,
    place: () => enrolmentPlace(config, () => ownPin(config)),
    ...brokerAccounts(config),
    clock: systemClock,
  });
  const audit = new Audit({ db, log: silentLogger(), clock: systemClock });
  const done = async (action: AuditAction, text: string) => {
    audit.record({ action, actor: commandActor(), subject: name });
    await audit.stop();
    return text;
  };
  if (action === 'enrol') {
    const { code, expiresAt } = await enrolments.offer(name);
    return done(
      'enrolment_offered',
      `${code}\n\nGood once, until ${toIsoString(expiresAt)}. At the appliance of ${name}: sudo siteglass-edge enrol CODE`,
    );
  }
  if (action === 'rotate') {
    await enrolments.askForRotation(name);
    return done(
      'credentials_rotated',
      `${name} changes its password within minutes, once it is online.`,
    );
  }
  if (action !== 'revoke') throw new StartError(USAGE);
  await enrolments.revoke(name);
  return done('credentials_revoked', `${name} has no account any more. What it reported stays.`);
}

async function list(db: RelayDatabase): Promise<string> {
  const rows = (await sites(db)).map(({ id, password_hash, availability, last_seen_at }) => [
    id,
    password_hash === null ? 'none' : 'yes',
    availability ?? 'never',
    last_seen_at === null ? '' : toIsoString(Number(last_seen_at)),
  ]);
  return [['site', 'account', 'state', 'last seen'], ...rows]
    .map(([id = '', ...cells]) =>
      `${id.padEnd(32)} ${cells.map((cell) => cell.padEnd(10)).join('')}`.trimEnd(),
    )
    .join('\n');
}
