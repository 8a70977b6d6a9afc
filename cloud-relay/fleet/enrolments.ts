import { createHash, randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { CredentialsRequest, Exchange, SiteBroker } from '../../core/contract/enrolment.js';
import { encodeEnrolmentCode, SECRET_BYTES } from '../../core/contract/enrolment-code.js';
import type { Clock } from '../../core/runtime/clock.js';
import { ProblemError } from '../../core/runtime/errors.js';
import { credentialTable, enrolmentTable } from '../store/enrolment-table.js';
import type { RelayTables } from '../store/relay-tables.js';
import { removeDelivered } from '../store/remove-delivered.js';
import { addSites, isBeingRemoved, passwordHashOf, setPasswordHash } from '../store/site-table.js';
import type { BrokerAccountStore } from './broker-account-store.js';
import { existingSite } from './existing-site.js';
import { hashPassword, newPassword, verifyPassword } from './password-hash.js';

/** Where appliances find this relay and its broker. */
export interface EnrolmentPlace {
  /** Host and port of the HTTPS address. */
  address: string;
  fingerprint: Buffer;
  broker: Omit<SiteBroker, 'username'>;
}

export interface EnrolmentParts {
  db: Kysely<RelayTables>;
  /** Undefined without `enrolment` in the configuration. Throws StartError if its files cannot be read. */
  place: () => EnrolmentPlace | undefined;
  /** Whether sites have accounts at the broker that the relay may change. */
  hasAccounts: boolean;
  /** The external broker's store of accounts. */
  accounts?: BrokerAccountStore | undefined;
  fixedNames?: readonly string[];
  /** The site may report from now on. */
  admit?: (site: string) => void;
  /** Closes the site's connection in this process. */
  disconnect?: (site: string) => void;
  clock: Clock;
}

export interface OfferedCode {
  site: string;
  code: string;
  expiresAt: number;
}

const HOUR_MS = 3_600_000;
/** Open codes; each is for another site. */
const MAX_CODES = 1_000;
const MAX_KNOWN = 2_000;
/** Both passwords are good for so long after a rotation. */
export const OVERLAP_MS = 10 * 60_000;

/**
 * How sites get their accounts, change their passwords and lose them. The appliance makes each password, and the relay
 * stores its hash: a request that is repeated after a crash of either changes nothing.
 */
export class Enrolments {
  readonly #known = new Set<string>();
  #nobodys: Promise<string> | undefined;

  constructor(private readonly parts: EnrolmentParts) {}

  /** Makes a code for a site, which is created if there is none. An earlier code of the site is no longer good. */
  async offer(site: string): Promise<OfferedCode> {
    const { db, clock, fixedNames } = this.parts;
    const { address, fingerprint } = this.#place();
    if (fixedNames?.includes(site))
      throw new ProblemError(
        'conflict',
        `the broker has an account named ${site} that is not a site's`,
      );
    const secret = randomBytes(SECRET_BYTES);
    const now = clock();
    const row = { site, hash: hashOf(secret), expires_at: now + HOUR_MS, used_at: null };
    await db.transaction().execute(async (trx) => {
      if (await isBeingRemoved(trx, site))
        throw new ProblemError(
          'conflict',
          `the site ${site} is being removed; remove it again first`,
        );
      if ((await addSites(trx, [site], now)) > 0) await removeDelivered(trx, site, now);
      if (!(await enrolmentTable.offer(trx, row, now, MAX_CODES)))
        throw new ProblemError('rate_limited', `At most ${MAX_CODES} codes may be open.`, {
          retryAfter: HOUR_MS / 1_000,
        });
    });
    const code = encodeEnrolmentCode({ address, fingerprint, secret });
    return { site, code, expiresAt: row.expires_at };
  }

  /** Gives a site its account for a code. Throws `enrolment_refused` and `broker_unavailable`. */
  async exchange({ secret, site, password }: Exchange): Promise<SiteBroker> {
    const { db, clock, accounts, admit, disconnect } = this.parts;
    const place = this.#place();
    const hash = hashOf(Buffer.from(secret, 'hex'));
    const now = clock();
    const code = await enrolmentTable.find(db, hash, now);
    if (!code) throw refused();
    if (code.site !== site)
      throw new ProblemError(
        'enrolment_refused',
        `The code is for the site ${code.site}, and this appliance is ${site}. Set "site: ${code.site}", or ask for a code for ${site}.`,
      );
    if (code.used_at !== null) {
      if (!(await this.#isPresent(site, password))) throw refused();
      return { ...place.broker, username: site };
    }
    const passwordHash = await hashPassword(password);
    await db.transaction().execute(async (trx) => {
      if (!(await enrolmentTable.use(trx, hash, now))) throw refused();
      if (!(await setPasswordHash(trx, site, passwordHash))) throw refused();
      await credentialTable.set(trx, site, { previous_hash: null, rotation_asked_at: null });
      await credentialTable.cutOff(trx, site);
      await accounts?.create(site, password);
    });
    admit?.(site);
    disconnect?.(site);
    return { ...place.broker, username: site };
  }

  /** Asks a site for another password. It makes one within minutes, once it is online. Throws `not_found`. */
  async askForRotation(site: string): Promise<void> {
    const { db, clock } = this.parts;
    if ((await passwordHashOf(db, site)) === undefined)
      throw new ProblemError('not_found', `there is no site ${site} with an account`);
    await credentialTable.set(db, site, { rotation_asked_at: clock() });
  }

  /**
   * Says whether the site is to rotate its password, and with `next` does so; both passwords are good for a while. Throws
   * `enrolment_refused` for a wrong password, which costs the same whatever the site is.
   */
  async refresh(
    site: string,
    { password, next }: CredentialsRequest,
  ): Promise<{ rotate: boolean; mqtt: SiteBroker }> {
    const { db, clock, accounts } = this.parts;
    const place = this.#place();
    const mqtt = { ...place.broker, username: site };
    // It was answered before, and the answer was lost.
    if (next !== undefined && (await this.#isPresent(site, next))) return { rotate: false, mqtt };
    const present = await passwordHashOf(db, site);
    if (!(await this.#verify(password, present)) || present === undefined)
      throw new ProblemError('enrolment_refused', 'The site or its password is not known.');
    if (next === undefined) {
      const row = await credentialTable.find(db, site);
      return { rotate: row?.rotation_asked_at != null, mqtt };
    }
    const current = await hashPassword(next);
    await db.transaction().execute(async (trx) => {
      if ((await passwordHashOf(trx, site)) !== present) throw refused();
      await setPasswordHash(trx, site, current);
      await credentialTable.set(trx, site, {
        current_hash: current,
        previous_hash: present,
        previous_until: clock() + OVERLAP_MS,
        rotation_asked_at: null,
      });
      await accounts?.create(site, next);
    });
    return { rotate: false, mqtt };
  }

  /** Ends a site's account and its connection at once; what it reported stays. Throws `not_found`. */
  async revoke(site: string): Promise<void> {
    const { db, accounts, disconnect } = this.parts;
    await db.transaction().execute(async (trx) => {
      await existingSite(trx, site);
      await setPasswordHash(trx, site, null);
      await enrolmentTable.remove(trx, site);
      await credentialTable.set(trx, site, { previous_hash: null, rotation_asked_at: null });
      await credentialTable.cutOff(trx, site);
      await accounts?.delete(site);
    });
    disconnect?.(site);
  }

  async #isPresent(site: string, password: string): Promise<boolean> {
    return this.#verify(password, await passwordHashOf(this.parts.db, site));
  }

  /** Every site asks once a minute: a password that was right is known by its digest, which costs nothing. */
  async #verify(password: string, hash: string | undefined): Promise<boolean> {
    const key = createHash('sha256').update(`${hash} ${password}`).digest('base64');
    if (hash !== undefined && this.#known.has(key)) return true;
    this.#nobodys ??= hashPassword(newPassword());
    const isSame = await verifyPassword(password, hash ?? (await this.#nobodys));
    if (!isSame || hash === undefined) return false;
    const [oldest] = this.#known;
    if (this.#known.size >= MAX_KNOWN && oldest) this.#known.delete(oldest);
    this.#known.add(key);
    return true;
  }

  #place(): EnrolmentPlace {
    const { place, hasAccounts } = this.parts;
    if (!hasAccounts)
      throw new ProblemError(
        'invalid_configuration',
        'The broker has no accounts that this relay can change; use the embedded broker with accounts, or mqtt.external.dynamicSecurity.',
      );
    const found = place();
    if (!found)
      throw new ProblemError(
        'invalid_configuration',
        'Appliances do not know where to enrol: set enrolment.url, enrolment.certificateFile and enrolment.brokerUrl.',
      );
    return found;
  }
}

const refused = () =>
  new ProblemError(
    'enrolment_refused',
    'The code is not good: it is unknown, was used or replaced, or is older than an hour. Ask for another one.',
  );

const hashOf = (secret: Buffer): string => createHash('sha256').update(secret).digest('hex');
