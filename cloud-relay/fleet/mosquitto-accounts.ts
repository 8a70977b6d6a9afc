import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { siteClientId } from '../../core/messaging/access-rules.js';
import { backoffMs } from '../../core/messaging/backoff.js';
import { messageOf, ProblemError } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import {
  type BrokerRole,
  type BrokerRule,
  readerRole,
  relayRole,
  siteRole,
  siteRoleName,
} from './broker-roles.js';
import {
  type Ask,
  type ControlAnswer,
  type ControlCommand,
  ControlError,
  type DynamicSecurity,
} from './dynamic-security.js';

/** Where sites have their accounts, beside the database: at a broker that keeps its own. */
export interface AccountKeeper {
  /** Makes the account, or makes it anew with this password. Throws `conflict` and `broker_unavailable`. */
  give(site: string, password: string): Promise<void>;
  /** Takes it away and ends its connection; there may be none. Throws `broker_unavailable`. */
  take(site: string): Promise<void>;
}

export interface MosquittoAccountsOptions {
  root: string;
  /** The relay's own account, made where it is missing. */
  username: string;
  password: string;
}

const RETRY = { minMs: 1_000, maxMs: 60_000 };

const clientSchema = z.object({
  client: z.object({ roles: z.array(z.object({ rolename: z.string() })) }),
});
const roleSchema = z.object({
  role: z.object({
    acls: z.array(
      z.object({
        acltype: z.string(),
        topic: z.string(),
        priority: z.number().default(0),
        allow: z.boolean(),
      }),
    ),
  }),
});

/**
 * Accounts at a Mosquitto with the dynamic-security plugin: the relays' own, and one for each site, bound to the site's
 * topics and its client id. Several relays may do this at once.
 */
export class MosquittoAccounts implements AccountKeeper, Service {
  readonly name = 'broker accounts';
  readonly #stopping = new AbortController();
  #preparing: Promise<void> = Promise.resolve();

  constructor(
    private readonly control: DynamicSecurity,
    private readonly options: MosquittoAccountsOptions,
    private readonly log: Logger,
  ) {}

  /** Waits for one attempt; a broker that is down is asked again for as long as the relay runs. */
  async start(): Promise<void> {
    if (await this.#prepare()) return;
    this.#preparing = this.#keepPreparing();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#preparing;
  }

  give(site: string, password: string): Promise<void> {
    return this.#session(async (ask) => {
      const there = await findClient(ask, site);
      if (there === 'of others')
        throw new ProblemError('conflict', `the broker has another account named ${site}`);
      const role = siteRole(this.options.root, site);
      const removal = there === 'ours' ? [{ command: 'deleteClient', username: site }] : [];
      const answers = await ask([
        ...removal,
        { command: 'deleteRole', rolename: role.rolename },
        { command: 'createRole', ...role },
        {
          command: 'createClient',
          username: site,
          password,
          clientid: siteClientId(site),
          roles: [{ rolename: role.rolename }],
        },
      ]);
      mustSucceed(answers.slice(-2));
    });
  }

  take(site: string): Promise<void> {
    return this.#session(async (ask) => {
      const there = await findClient(ask, site);
      if (there === 'ours') mustSucceed(await ask([{ command: 'deleteClient', username: site }]));
      // Where it is not there, that is as it should be.
      await ask([{ command: 'deleteRole', rolename: siteRoleName(site) }]);
    });
  }

  async #keepPreparing(): Promise<void> {
    const { signal } = this.#stopping;
    for (let attempt = 0; !signal.aborted; attempt++) {
      await sleep(backoffMs(attempt, RETRY), undefined, { signal }).catch(() => undefined);
      if (signal.aborted || (await this.#prepare())) return;
    }
  }

  async #prepare(): Promise<boolean> {
    try {
      await this.control.session((ask) => this.#makeOwn(ask));
      return true;
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      this.log.warn({ error: error.message }, 'the broker has not been prepared yet');
      return false;
    }
  }

  /** Changes nothing where all is as it should be: a change ends the connections of those whom it concerns. */
  async #makeOwn(ask: Ask): Promise<void> {
    const { root, username, password } = this.options;
    const roles = [relayRole(root), readerRole()];
    const found = await ask(roles.map(({ rolename }) => ({ command: 'getRole', rolename })));
    const changes = roles.flatMap((role, i) => roleChange(role, found[i]));
    const account = { command: 'getClient', username };
    const [own] = await ask([account]);
    if (own?.error)
      changes.push({
        command: 'createClient',
        username,
        password,
        roles: [{ rolename: relayRole(root).rolename }],
      });
    if (changes.length === 0) return;
    const answers = await ask(changes);
    // Another relay that starts at the same time may have been first.
    mustSucceed(answers.filter(({ error }) => !/already exists/i.test(error ?? '')));
    this.log.info({ changes: changes.map(({ command }) => command) }, 'prepared the broker');
  }

  async #session(work: (ask: Ask) => Promise<void>): Promise<void> {
    try {
      await this.control.session(work);
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      this.log.warn({ error: error.message }, 'could not change an account at the broker');
      const detail = 'The MQTT broker could not be told; nothing was changed.';
      throw new ProblemError('broker_unavailable', detail, { cause: error, retryAfter: 10 });
    }
  }
}

/** An account of that name which is not a site's, such as the administrator's, is never touched. */
async function findClient(ask: Ask, site: string): Promise<'none' | 'ours' | 'of others'> {
  const [answer] = await ask([{ command: 'getClient', username: site }]);
  const found = clientSchema.safeParse(answer?.data);
  if (!found.success) {
    if (answer?.error) return 'none';
    throw new ControlError(`the broker's answer is not understood: ${messageOf(found.error)}`);
  }
  const names = found.data.client.roles.map(({ rolename }) => rolename);
  return names.length === 1 && names[0] === siteRoleName(site) ? 'ours' : 'of others';
}

function roleChange(role: BrokerRole, answer: ControlAnswer | undefined): ControlCommand[] {
  const found = roleSchema.safeParse(answer?.data);
  if (!found.success) return [{ command: 'createRole', ...role }];
  const same = asText(found.data.role.acls) === asText(role.acls);
  return same ? [] : [{ command: 'modifyRole', ...role }];
}

const asText = (rules: (Omit<BrokerRule, 'acltype'> & { acltype: string })[]): string =>
  rules
    .map(({ acltype, topic, priority, allow }) => `${acltype} ${topic} ${priority} ${allow}`)
    .sort()
    .join('\n');

function mustSucceed(answers: ControlAnswer[]): void {
  const failed = answers.find(({ error }) => error !== undefined);
  if (failed) throw new ControlError(`${failed.command ?? 'a command'}: ${failed.error}`);
}
