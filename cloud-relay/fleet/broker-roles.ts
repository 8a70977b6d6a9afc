import { siteFilters, watchedFilters } from '../../core/messaging/access-rules.js';

/**
 * The rules of core/messaging/access-rules.ts, which the embedded broker follows, as roles of Mosquitto's
 * dynamic-security plugin. The plugin refuses what no rule of an account allows.
 */

export interface BrokerRule {
  acltype: 'publishClientSend' | 'publishClientReceive' | 'subscribePattern' | 'unsubscribePattern';
  topic: string;
  /** The matching rule with the highest priority decides. */
  priority: number;
  allow: boolean;
}

export interface BrokerRole {
  rolename: string;
  acls: BrokerRule[];
}

const allow = (acltype: BrokerRule['acltype'], topic: string): BrokerRule => ({
  acltype,
  topic,
  priority: 0,
  allow: true,
});

const maySubscribe = (filter: string): BrokerRule[] => [
  allow('subscribePattern', filter),
  allow('unsubscribePattern', filter),
  allow('publishClientReceive', filter),
];

export const siteRoleName = (site: string): string => `siteglass-site-${site}`;

/** A site publishes its own topics, and receives its acknowledgements, its commands and some of what it retains. */
export function siteRole(root: string, site: string): BrokerRole {
  const own = `${root}/${site}`;
  return {
    rolename: siteRoleName(site),
    acls: [
      ...siteFilters(root, site).map((filter) => allow('publishClientSend', filter)),
      ...maySubscribe(`${own}/ack`),
      ...maySubscribe(`${own}/+/command`),
      ...maySubscribe('homeassistant/status'),
      ...watchedFilters(root, site).flatMap(maySubscribe),
    ],
  };
}

/** The relay receives every site's messages, alone or in a shared subscription, and publishes acknowledgements. */
export const relayRole = (root: string): BrokerRole => ({
  rolename: 'siteglass-relay',
  acls: [
    allow('publishClientSend', `${root}/+/ack`),
    allow('publishClientSend', `${root}/+/notification`),
    ...maySubscribe(`${root}/#`),
    allow('subscribePattern', `$share/+/${root}/#`),
    allow('unsubscribePattern', `$share/+/${root}/#`),
  ],
});

/** For dashboards: receives everything, publishes nothing. An administrator assigns it to accounts. */
export const readerRole = (): BrokerRole => ({
  rolename: 'siteglass-reader',
  acls: maySubscribe('#'),
});
