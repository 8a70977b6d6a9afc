import { plural } from '../plural.js';

export const cloud = {
  title: 'Cloud',
  connection: 'Connection',
  noRelay: 'No relay',
  noRelayHelp:
    'This appliance reports to no relay. It works without one: what it finds is seen here and on the local network.',
  connected: 'Connected',
  connectedSince: (since: string) => `The relay is connected since ${since}.`,
  troubled: 'Connected, with a problem',
  lost: 'Not connected',
  lostSince: (since: string) => `There is no connection since ${since}.`,
  why: (reason: string) => `Reason: ${reason}`,
  nothingLost:
    'Nothing is lost for it: summaries wait here, and are sent in order when the relay is there again.',
  roomFor: (time: string) => `At the present rate there is room for about ${time}.`,
  evictedNow:
    'The space for waiting summaries is used up: the oldest ones are removed. Raise outbox.maxMegabytes, or connect the relay.',

  backlog: 'Backlog',
  nothingWaits: 'Everything is acknowledged: nothing waits.',
  waiting: (count: number) =>
    plural(count, { one: '{n} summary waits', other: '{n} summaries wait' }),
  oldest: 'The oldest waits for',
  rate: 'Acknowledged by the relay',
  perMinute: (count: string) => `${count} a minute`,
  measuring: 'measuring',
  remaining: 'Done in about',
  lastAcknowledged: 'Last answer of the relay',
  never: 'never',
  inFlight: 'Sent, not acknowledged yet',
  budget: 'Space for waiting summaries',
  used: (used: string, budget: string) => `${used} of ${budget}`,
  sequence: 'Acknowledged up to',
  sequenceOf: (acknowledged: string, last: string) => `${acknowledged} of ${last}`,

  losses: 'Not delivered',
  noLosses: 'No summary was evicted, refused or lost.',
  evicted: 'Evicted, because the space was used up',
  refused: 'Refused and set aside; list them with: siteglass-edge outbox --refused',
  forgotten: 'Lost by the relay after its acknowledgement',
  kept: 'Kept here after the acknowledgement, for a relay that is restored from a backup',

  hours: 'The last hours',
  hour: 'Hour',
  added: 'Recorded',
  acknowledged: 'Acknowledged',
  evictedShort: 'Evicted',
  noHours: 'Nothing was recorded yet.',

  relay: 'Relay',
  enrolledAt: 'Relay',
  asSite: 'As the site',
  broker: 'MQTT broker',
  byFile:
    'The relay is declared in the configuration file, so there is no enrolment to change here.',
  enrol: 'Enrol with a code',
  enrolAgain: 'Enrol again',
  enrolAgainHelp:
    'A new code replaces the account at the relay. What waits here is sent to the new one.',
  code: 'Enrolment code',
  codeHelp: 'It begins with SG1-. Spaces and line breaks do not matter.',
  enrolling: 'Asking the relay',
  enrolled: (relay: string) => `Enrolled at ${relay}. The appliance connects within seconds.`,
  needs: 'What is needed',
  needsSteps: (site: string) => [
    `A code for the site ${site}: on the page "Sites" of the relay, or there with: sudo siteglass-relay sites enrol ${site}`,
    'A way from this appliance to the relay over HTTPS, and to its MQTT broker. The code names both; no port has to be open here.',
    'A clock that is about right, since the relay is recognised by its certificate.',
  ],
  siteName: 'Name of this site',
  onlyAdmin: 'An administrator can enrol this appliance at a relay.',
};
