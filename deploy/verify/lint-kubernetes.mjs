// Reads what `kubectl kustomize` prints and holds each object against the schema of its kind in Kubernetes' own OpenAPI
// document, as the npm package kubernetes-models carries it. Unknown kinds and unknown fields are errors, too.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseAllDocuments } from 'yaml';

const require = createRequire('/srv/');

/** The object, and what it has that nobody who read it asked for. The schemas name every field that they know. */
function watched(object, path, unasked) {
  const fields = Object.keys(object).map((key) => `${path}.${key}`);
  for (const field of fields) unasked.add(field);
  const children = new Map();
  return new Proxy(object, {
    get(target, key) {
      const value = Reflect.get(target, key);
      if (!Object.hasOwn(target, key)) return value;
      unasked.delete(`${path}.${String(key)}`);
      if (value === null || typeof value !== 'object') return value;
      if (!children.has(key)) children.set(key, watched(value, `${path}.${key}`, unasked));
      return children.get(key);
    },
  });
}

function check(object) {
  const [group, version] = object.apiVersion.includes('/')
    ? object.apiVersion.split('/')
    : ['', object.apiVersion];
  const folder = group ? `${group}/${version}` : version;
  const Model = require(`kubernetes-models/${folder}/${object.kind}`)[object.kind];
  const unasked = new Set();
  Model.prototype.validate.call(watched(new Model(object), '', unasked));
  // A label's or a setting's name is the author's own.
  const unknown = [...unasked].filter(
    (path) => !/\.(labels|annotations|matchLabels|data|stringData|limits|requests)\./.test(path),
  );
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}`);
}

let errors = 0;
let objects = 0;
for (const document of parseAllDocuments(readFileSync(0, 'utf8'))) {
  const object = document.toJS();
  try {
    check(object);
    objects++;
  } catch (error) {
    errors++;
    console.error(`${object.kind} ${object.metadata?.name}: ${error.message}`);
  }
}
if (errors > 0 || objects === 0) process.exit(1);
console.log(`${objects} objects are valid`);
