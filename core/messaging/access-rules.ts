import { nameSchema } from '../contract/names.js';
import { filterFor, type TopicName, topics } from '../contract/topics.js';

/**
 * The account of a broker's client. A site publishes its own topics, a reader only subscribes, an operator subscribes
 * and sends commands to cameras, the relay publishes and subscribes everywhere.
 */
export type Account =
  | { role: 'site'; site: string }
  | { role: 'relay' }
  | { role: 'operator' }
  | { role: 'reader' };

/** Where Home Assistant publishes that it has started. */
const HOME_ASSISTANT = 'homeassistant/status';

export interface BrokerAccounts {
  /**
   * Resolves with the account that has these credentials, or undefined if none has. It costs the same for a name that
   * exists and for one that does not.
   */
  verify(username: string, password: string): Promise<Account | undefined>;
  /**
   * The same without a costly check, for passwords that nobody can guess and that were checked before. Undefined if
   * they have to be verified.
   */
  recall?(username: string, password: string): Promise<Account | undefined>;
}

/** The client id of an appliance. Other accounts may not use it: a second client with it would end the first connection. */
export const siteClientId = (site: string): string => `siteglass-${site}`;

/**
 * The client id of the appliance's second connection, to the broker on the LAN. Both brokers may be the same one. No
 * site id contains an underscore, so it cannot be the id of another site.
 */
export const lanClientId = (site: string): string => `${siteClientId(site)}_lan`;

export function mayUseClientId(account: Account, clientId: string): boolean {
  return account.role === 'site'
    ? clientId === siteClientId(account.site) || clientId === lanClientId(account.site)
    : !clientId.startsWith(siteClientId(''));
}

export function mayPublish(account: Account, root: string, topic: string): boolean {
  if (topic.startsWith('$')) return false;
  if (account.role === 'operator') return topic === HOME_ASSISTANT || isCommand(root, topic);
  if (account.role !== 'site') return account.role === 'relay';
  return siteFilters(root, account.site).some((filter) => matches(filter, topic));
}

/** Filters of the topics that a site publishes; `+` matches each of its cameras. */
export const siteFilters = (root: string, site: string): string[] =>
  (Object.keys(topics) as TopicName[])
    .filter((name) => topics[name].direction === 'out')
    .map((name) => filterFor(root, name, { site }));

/** Retained topics of a site that its appliance also subscribes to, to notice that another client changed them. */
export const WATCHED_TOPICS = [
  'siteAvailability',
  'cameraAvailability',
  'health',
  'discovery',
  'cameraDiscovery',
] as const satisfies TopicName[];

export const watchedFilters = (root: string, site: string): string[] =>
  WATCHED_TOPICS.map((name) => filterFor(root, name, { site }));

function matches(filter: string, topic: string): boolean {
  const expected = filter.split('/');
  const levels = topic.split('/');
  return (
    levels.length === expected.length &&
    levels.every((level, i) =>
      expected[i] === '+' ? nameSchema.safeParse(level).success : level === expected[i],
    )
  );
}

export function maySubscribe(account: Account, root: string, filter: string): boolean {
  if (account.role === 'relay') return true;
  if (account.role !== 'site') return !filter.startsWith('$');
  if (filter === HOME_ASSISTANT) return true;
  if (watchedFilters(root, account.site).some((w) => w === filter || matches(w, filter)))
    return true;
  const own = `${root}/${account.site}/`;
  if (!filter.startsWith(own)) return false;
  const levels = filter.slice(own.length).split('/');
  return (
    (levels.length === 1 && levels[0] === 'ack') || (levels.length === 2 && levels[1] === 'command')
  );
}

/** `ROOT/SITE/CAMERA/command`. */
function isCommand(root: string, topic: string): boolean {
  if (!topic.startsWith(`${root}/`)) return false;
  const levels = topic.slice(root.length + 1).split('/');
  return levels.length === 3 && levels[2] === 'command';
}
