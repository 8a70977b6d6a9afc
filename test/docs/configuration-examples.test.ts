import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { relayConfigSchema } from '../../cloud-relay/config.js';
import { knownDetectors } from '../../core/detection/catalog/known-detectors.js';
import { operatorModelSchema } from '../../core/detection/catalog/model-description.js';
import { detectorPlaces } from '../../core/detection/create-detection.js';
import { parseConfiguration } from '../../core/runtime/configuration.js';
import { projectRoot } from '../../core/runtime/project-root.js';
import { nameFaults } from '../../edge/cameras/name-faults.js';
import { edgeConfigSchema } from '../../edge/config.js';

const examplesIn = (page: string): string[] => {
  const text = readFileSync(join(projectRoot(), 'docs', page), 'utf8');
  return [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, yaml = '']) => yaml);
};

for (const page of ['deepstack.md', 'first-camera.md', 'mqtt.md'])
  test(`the appliance accepts every configuration in docs/${page}`, (t) => {
    const examples = examplesIn(page);
    t.true(examples.length > 0);
    for (const yaml of examples)
      t.notThrows(() => parseConfiguration(edgeConfigSchema, yaml, page));
  });

test('the appliance and the relay accept the configurations in docs/configuration.md', async (t) => {
  const [signOn = '', model = '', edge = '', relay = '', enrolment = '', ...others] =
    examplesIn('configuration.md');
  for (const schema of [edgeConfigSchema, relayConfigSchema])
    t.notThrows(() => parseConfiguration(schema, signOn, 'the first example'));
  t.notThrows(() => parseConfiguration(operatorModelSchema, model, 'the second example'));
  const parsed = parseConfiguration(edgeConfigSchema, edge, 'the third example');
  t.notThrows(() => parseConfiguration(relayConfigSchema, relay, 'the fourth example'));
  t.notThrows(() => parseConfiguration(relayConfigSchema, enrolment, 'the fifth example'));
  const known = await knownDetectors(detectorPlaces({ models: [] }, '/nowhere'));
  const downloaded = known.map((one) => ({ ...one, status: 'ready' as const }));
  t.deepEqual(nameFaults(parsed, downloaded), []);
  t.deepEqual(others, []);
});
