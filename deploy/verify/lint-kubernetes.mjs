// Reads what `kubectl kustomize` prints and holds each object against the schema of its kind in Kubernetes' own OpenAPI
// document, as the npm package kubernetes-models carries it. Unknown kinds and unknown fields are errors.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseAllDocuments } from 'yaml';

const require = createRequire('/srv/');
let errors = 0;
let objects = 0;
for (const document of parseAllDocuments(readFileSync(0, 'utf8'))) {
  const object = document.toJS();
  const name = `${object.kind} ${object.metadata?.name}`;
  const [group, version] = object.apiVersion.includes('/')
    ? object.apiVersion.split('/')
    : ['', object.apiVersion];
  const folder = group ? `${group}/${version}` : version;
  try {
    const model = require(`kubernetes-models/${folder}/${object.kind}`)[object.kind];
    new model(object).validate();
    objects++;
  } catch (error) {
    errors++;
    console.error(`${name}: ${error.message}`);
  }
}
if (errors > 0 || objects === 0) process.exit(1);
console.log(`${objects} objects are valid`);
