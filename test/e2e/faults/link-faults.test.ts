import test from 'ava';
import { provesEach } from './proves-each.js';
import { linkScenarios } from './scenarios/link.js';

provesEach(test, linkScenarios);
