import test from 'ava';
import { provesEach } from './proves-each.js';
import { applianceScenarios } from './scenarios/appliance.js';

provesEach(test, applianceScenarios);
