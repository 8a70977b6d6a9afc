import { siteFilters } from '../../core/messaging/access-rules.js';

/**
 * What core/messaging/access-rules.ts rules for the embedded broker, as roles of Mosquitto's dynamic-security plugin. It
 * refuses what no rule of an account allows.
 */

export interface BrokerRule {
  acltype: 'publishClientSend' | 'publishClientReceive' | 'subscribePattern' | 'unsubscribePattern';
  topic: string;
  /** The highest that fits decides. */
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

const mayHear = (filter: string): BrokerRule[] => [
  allow('subscribePattern', filter),
  allow('unsubscribePattern', filter),
  allow('publishClientReceive', filter),
];

export const siteRoleName = (site: string): string => `siteglass-site-${site}`;

/** A site speaks for itself, and hears its acknowledgements and commands. */
export function siteRole(root: string, site: string): BrokerRole {
  const own = `${root}/${site}`;
  return {
    rolename: siteRoleName(site),
    acls: [
      ...siteFilters(root, site).map((filter) => allow('publishClientSend', filter)),
      ...mayHear(`${own}/ack`),
      ...mayHear(`${own}/+/command`),
      ...mayHear('homeassistant/status'),
    ],
  };
}

/** The relay hears every site, alone or sharing with others, and acknowledges. */
export const relayRole = (root: string): BrokerRole => ({
  rolename: 'siteglass-relay',
  acls: [
    allow('publishClientSend', `${root}/+/ack`),
    ...mayHear(`${root}/#`),
    allow('subscribePattern', `$share/+/${root}/#`),
    allow('unsubscribePattern', `$share/+/${root}/#`),
  ],
});

/** For dashboards: hears everything, says nothing. No account has it until an administrator gives it to one. */
export const readerRole = (): BrokerRole => ({
  rolename: 'siteglass-reader',
  acls: mayHear('#'),
});
