import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import test from 'ava';
import { parse } from 'yaml';
import { topics } from '../../core/contract/topics.js';
import { programVersion } from '../../core/runtime/program-version.js';
import { projectRoot } from '../../core/runtime/project-root.js';
import { generatedDocs } from '../../docs/generated-docs.js';

const read = (file: string) => readFileSync(join(projectRoot(), file), 'utf8');

test('the MQTT documents match the topic map (npm run docs writes them)', (t) => {
  for (const [file, text] of Object.entries(generatedDocs(programVersion(), read('docs/mqtt.md'))))
    t.is(read(file), text, file);
});

test("docs/asyncapi.yaml is valid against AsyncAPI's own schema, and describes every topic", (t) => {
  const require = createRequire(import.meta.url);
  const schema = require('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object;
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const document = parse(read('docs/asyncapi.yaml'));
  const isValid = ajv.validate(schema, document);
  t.true(isValid, ajv.errorsText());
  t.deepEqual(Object.keys(document.channels).sort(), Object.keys(topics).sort());
  t.false(ajv.validate(schema, { ...document, channels: { broken: { adress: 'x' } } }));
});

test('references within docs/asyncapi.yaml resolve', (t) => {
  const document = parse(read('docs/asyncapi.yaml'));
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)];
  t.true(references.length > 0);
  for (const [, path = ''] of references)
    t.truthy(
      path.split('/').reduce((at, key) => at?.[key], document),
      path,
    );
});
