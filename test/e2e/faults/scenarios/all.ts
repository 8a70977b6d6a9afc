import type { Scenario } from '../scenario.js';
import { applianceScenarios } from './appliance.js';
import { brokerScenarios } from './broker.js';
import { linkScenarios } from './link.js';
import { relayScenarios } from './relay.js';

export const scenarios: Scenario[] = [
  ...brokerScenarios,
  ...relayScenarios,
  ...applianceScenarios,
  ...linkScenarios,
];
