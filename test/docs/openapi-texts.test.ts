import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import test, { type ExecutionContext } from 'ava';
import { startEdge } from '../support/edge.js';
import { startRelay } from '../support/relay.js';

type Json = Record<string, unknown>;

interface Operation {
  summary?: string;
  description?: string;
  parameters: (Json & { name: string })[];
  requestBody?: Json;
  responses: Record<string, Json>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json> };
}

async function documentOf(t: ExecutionContext, program: 'edge' | 'relay'): Promise<Document> {
  const running = program === 'edge' ? await startEdge() : await startRelay();
  t.teardown(running.stop);
  const response = await fetch(`${running.url}/openapi.json`, {
    headers: { Authorization: `Bearer ${running.adminToken}` },
  });
  return (await response.json()) as Document;
}

const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Every field of a schema, with its path. */
function* fieldsIn(schema: unknown, path: string): Generator<[path: string, field: Json]> {
  if (Array.isArray(schema)) for (const one of schema) yield* fieldsIn(one, path);
  if (!isObject(schema)) return;
  for (const [key, value] of Object.entries(schema))
    if (key === 'properties' && isObject(value))
      for (const [name, field] of Object.entries(value)) {
        if (!isObject(field)) continue;
        yield [`${path}.${name}`, field];
        yield* fieldsIn(field, `${path}.${name}`);
      }
    else yield* fieldsIn(value, path);
}

const isText = (value: unknown) => typeof value === 'string' && value.trim().length >= 3;

/** Has a value of its own, which is not one of a few words or a file. */
function needsExample(field: Json): boolean {
  if ('$ref' in field || 'properties' in field || 'oneOf' in field || 'const' in field)
    return false;
  if (field.format === 'binary' || field.contentEncoding === 'base64') return false;
  if (Array.isArray(field.anyOf)) return field.anyOf.every((one) => needsExample(one as Json));
  if (field.type === 'array') return isObject(field.items) && needsExample(field.items);
  return field.type !== 'object';
}

const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
  );

/** Fields of the components, of requests and of responses. */
function* allFields(document: Document): Generator<[string, Json]> {
  for (const [id, schema] of Object.entries(document.components.schemas))
    yield* fieldsIn(schema, id);
  for (const [name, { requestBody, responses }] of operationsOf(document)) {
    yield* fieldsIn(requestBody, `${name} request`);
    yield* fieldsIn(responses, `${name} response`);
  }
}

for (const program of ['edge', 'relay'] as const) {
  test(`every operation, parameter and field of the ${program} is described`, async (t) => {
    const document = await documentOf(t, program);
    const undescribed: string[] = [];
    for (const [name, { summary, description, parameters }] of operationsOf(document)) {
      if (!isText(summary) || !isText(description)) undescribed.push(name);
      for (const parameter of parameters)
        if (!isText(parameter.description)) undescribed.push(`${name} ?${parameter.name}`);
    }
    for (const [path, field] of allFields(document))
      if (!('$ref' in field) && !isText(field.description)) undescribed.push(path);
    // The texts are in core/http/documentation, or in the schema itself (`.meta`).
    t.deepEqual(undescribed, []);
  });

  test(`every field of the ${program} that needs one has an example, and the example is valid`, async (t) => {
    const document = await documentOf(t, program);
    const ajv = new Ajv2020({ strict: false });
    (formats as unknown as (one: Ajv2020) => void)(ajv);
    ajv.addSchema({ $id: 'api', components: document.components });
    const wrong: string[] = [];
    const check = (path: string, schema: Json, example: unknown) => {
      const resolved = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/'));
      if (!ajv.validate(resolved, example))
        wrong.push(`${path}: ${JSON.stringify(example)} ${ajv.errorsText()}`);
    };
    for (const [path, field] of allFields(document)) {
      const { examples, example = Array.isArray(examples) ? examples[0] : undefined } = field;
      if (example !== undefined) check(path, field, example);
      else if (needsExample(field)) wrong.push(`${path}: no example`);
    }
    for (const [name, { parameters }] of operationsOf(document))
      for (const { name: parameter, required, example, schema } of parameters) {
        if (required && example === undefined) wrong.push(`${name} ?${parameter}: no example`);
        if (example !== undefined) check(`${name} ?${parameter}`, schema as Json, example);
      }
    t.deepEqual(wrong, []);
  });
}
