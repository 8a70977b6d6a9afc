import test from 'ava';
import { provesEach } from './proves-each.js';
import { brokerScenarios } from './scenarios/broker.js';

provesEach(test, brokerScenarios);
