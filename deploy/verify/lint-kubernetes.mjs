// Reads what `kubectl kustomize` prints and checks each object by the schema of its kind in Kubernetes' own OpenAPI
// document, which the npm package kubernetes-models contains. Unknown kinds and unknown fields are errors, too.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseAllDocuments } from 'yaml';

const require = createRequire('/srv/');

/**
 * The object as a proxy. `unread` gets the fields that nothing reads; the schemas read every field that they know.
 * @param {Record<string, unknown>} object
 * @param {string} path
 * @param {Set<string>} unread
 * @returns {Record<string, unknown>}
 */
function watched(object, path, unread) {
  const fields = Object.keys(object).map((key) => `${path}.${key}`);
  for (const field of fields) unread.add(field);
  /** @type {Map<string | symbol, Record<string, unknown>>} */
  const children = new Map();
  return new Proxy(object, {
    get(target, key) {
      const value = Reflect.get(target, key);
      if (!Object.hasOwn(target, key)) return value;
      unread.delete(`${path}.${String(key)}`);
      if (value === null || typeof value !== 'object') return value;
      if (!children.has(key)) children.set(key, watched(value, `${path}.${String(key)}`, unread));
      return children.get(key);
    },
  });
}

/** @param {{ apiVersion: string, kind: string }} object */
function check(object) {
  const [group, version] = object.apiVersion.includes('/')
    ? object.apiVersion.split('/')
    : ['', object.apiVersion];
  const folder = group ? `${group}/${version}` : version;
  const Model = require(`kubernetes-models/${folder}/${object.kind}`)[object.kind];
  /** @type {Set<string>} */
  const unread = new Set();
  Model.prototype.validate.call(watched(new Model(object), '', unread));
  // A label's or a setting's name is the author's own.
  const unknown = [...unread].filter(
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
    console.error(
      `${object.kind} ${object.metadata?.name}: ${error instanceof Error ? error.message : error}`,
    );
  }
}
if (errors > 0 || objects === 0) process.exit(1);
console.log(`${objects} objects are valid`);
