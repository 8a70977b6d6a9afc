import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { siteClientId } from '../../core/messaging/access-rules.js';
import { backoffMs } from '../../core/messaging/backoff.js';
import { messageOf, ProblemError } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { BrokerAccountStore } from './broker-account-store.js';
import {
  type BrokerRole,
  type BrokerRule,
  readerRole,
  relayRole,
  siteRole,
  siteRoleName,
} from './broker-roles.js';
import {
  type ControlCommand,
  ControlError,
  type ControlResponse,
  type DynamicSecurity,
  type SendCommands,
} from './dynamic-security.js';

export interface MosquittoAccountsOptions {
  root: string;
  /** The relay's own account, created if it is missing. */
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
 * Accounts at a Mosquitto with the dynamic-security plugin: the relay's own, and one for each site, limited to the site's
 * topics and its client id. Several relays may use it at once.
 */
export class MosquittoAccounts implements BrokerAccountStore, Service {
  readonly name = 'broker accounts';
  readonly #stopping = new AbortController();
  #preparing: Promise<void> = Promise.resolve();

  constructor(
    private readonly control: DynamicSecurity,
    private readonly options: MosquittoAccountsOptions,
    private readonly log: Logger,
  ) {}

  /** Waits for one attempt; if the broker is down, retries until the relay stops. */
  async start(): Promise<void> {
    if (await this.#prepare()) return;
    this.#preparing = this.#retryPreparing();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#preparing;
  }

  create(site: string, password: string): Promise<void> {
    return this.#session(async (send) => {
      const owner = await findClient(send, site);
      if (owner === 'other')
        throw new ProblemError(
          'conflict',
          `the broker has an account named ${site} that is not a site's; choose another name`,
        );
      const role = siteRole(this.options.root, site);
      const removal = owner === 'site' ? [{ command: 'deleteClient', username: site }] : [];
      const responses = await send([
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
      mustSucceed(responses.slice(-2));
    });
  }

  delete(site: string): Promise<void> {
    return this.#session(async (send) => {
      const owner = await findClient(send, site);
      if (owner === 'site') mustSucceed(await send([{ command: 'deleteClient', username: site }]));
      // Its error is ignored: the role may not exist.
      await send([{ command: 'deleteRole', rolename: siteRoleName(site) }]);
    });
  }

  async #retryPreparing(): Promise<void> {
    const { signal } = this.#stopping;
    for (let attempt = 0; !signal.aborted; attempt++) {
      await sleep(backoffMs(attempt, RETRY), undefined, { signal }).catch(() => undefined);
      if (signal.aborted || (await this.#prepare())) return;
    }
  }

  async #prepare(): Promise<boolean> {
    try {
      await this.control.session((send) => this.#prepareOwn(send));
      return true;
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      this.log.warn({ error: error.message }, 'cannot prepare the broker; retrying');
      return false;
    }
  }

  /** Changes nothing that is right already: a change closes the connections of the accounts that it affects. */
  async #prepareOwn(send: SendCommands): Promise<void> {
    const { root, username, password } = this.options;
    const roles = [relayRole(root), readerRole()];
    const found = await send(roles.map(({ rolename }) => ({ command: 'getRole', rolename })));
    const changes = roles.flatMap((role, i) => roleChange(role, found[i]));
    const account = { command: 'getClient', username };
    const [own] = await send([account]);
    if (own?.error)
      changes.push({
        command: 'createClient',
        username,
        password,
        roles: [{ rolename: relayRole(root).rolename }],
      });
    if (changes.length === 0) return;
    const responses = await send(changes);
    // Another relay that starts at the same time may have created them first.
    mustSucceed(responses.filter(({ error }) => !/already exists/i.test(error ?? '')));
    this.log.info({ changes: changes.map(({ command }) => command) }, 'broker prepared');
  }

  async #session(work: (send: SendCommands) => Promise<void>): Promise<void> {
    try {
      await this.control.session(work);
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      this.log.warn({ error: error.message }, 'cannot change an account at the broker');
      const detail = 'The MQTT broker cannot be reached; nothing was changed. Try again later.';
      throw new ProblemError('broker_unavailable', detail, { cause: error, retryAfter: 10 });
    }
  }
}

/** Whose account the name is. One that is not a site's, e.g. the administrator's, is never changed. */
async function findClient(send: SendCommands, site: string): Promise<'none' | 'site' | 'other'> {
  const [response] = await send([{ command: 'getClient', username: site }]);
  const found = clientSchema.safeParse(response?.data);
  if (!found.success) {
    if (response?.error) return 'none';
    throw new ControlError(`unexpected response from the broker: ${messageOf(found.error)}`);
  }
  const names = found.data.client.roles.map(({ rolename }) => rolename);
  return names.length === 1 && names[0] === siteRoleName(site) ? 'site' : 'other';
}

function roleChange(role: BrokerRole, response: ControlResponse | undefined): ControlCommand[] {
  const found = roleSchema.safeParse(response?.data);
  if (!found.success) return [{ command: 'createRole', ...role }];
  const same = asText(found.data.role.acls) === asText(role.acls);
  return same ? [] : [{ command: 'modifyRole', ...role }];
}

const asText = (rules: (Omit<BrokerRule, 'acltype'> & { acltype: string })[]): string =>
  rules
    .map(({ acltype, topic, priority, allow }) => `${acltype} ${topic} ${priority} ${allow}`)
    .sort()
    .join('\n');

function mustSucceed(responses: ControlResponse[]): void {
  const failed = responses.find(({ error }) => error !== undefined);
  if (failed) throw new ControlError(`${failed.command ?? 'a command'}: ${failed.error}`);
}
