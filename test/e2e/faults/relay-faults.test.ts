import test from 'ava';
import { provesEach } from './proves-each.js';
import { relayScenarios } from './scenarios/relay.js';

provesEach(test, relayScenarios);
