import { accessTexts } from './access-texts.js';
import { cameraTexts } from './camera-texts.js';
import type { FieldText, FieldTexts } from './field-text.js';
import { imageTexts } from './image-texts.js';
import { notificationTexts } from './notification-texts.js';
import { siteTexts } from './site-texts.js';
import { systemTexts } from './system-texts.js';
import { upgradeTexts } from './upgrade-texts.js';

type Json = Record<string, unknown>;

const TEXTS: FieldTexts = {
  ...systemTexts,
  ...upgradeTexts,
  ...notificationTexts,
  ...siteTexts,
  ...cameraTexts,
  ...accessTexts,
  ...imageTexts,
};

/** Values for a format. Without them, Swagger UI makes up values such as dates in the year 5919. */
const BY_FORMAT: Record<string, unknown> = {
  'date-time': '2026-11-27T08:30:00.000Z',
  date: '2026-11-27',
  uuid: '01a20665-0b1c-74f1-a44c-1376fce3fad5',
  uri: 'https://example.com',
};

/** Adds a description and an example to each field of a schema that has none. `scope` is the schema's id or the operation's. */
export function describeFields(schema: unknown, scope: string, path: readonly string[] = []): void {
  if (Array.isArray(schema)) for (const one of schema) describeFields(one, scope, path);
  if (!isObject(schema)) return;
  for (const [key, value] of Object.entries(schema))
    if (key === 'properties' && isObject(value))
      for (const [name, field] of Object.entries(value)) {
        if (!isObject(field)) continue;
        describe(field, textOf(scope, [...path, name]));
        describeFields(field, scope, [...path, name]);
      }
    else describeFields(value, scope, path);
}

/**
 * A parameter's description and its example. Swagger UI fills in an example and sends it: only where a value is required, or
 * where the schema itself names one as `example`. The others have it in the text.
 */
export function describeParameter(parameter: Json, scope: string): Json {
  const { name, required, schema: whole } = parameter;
  const text = TEXTS[`${scope}.${name}`] ?? TEXTS[`param.${name}`] ?? TEXTS[`${name}`];
  const { examples: _, example: prefilled, ...schema } = whole as Json;
  const own = exampleIn(whole as Json);
  const given = fits(text?.[1], schema) ? text?.[1] : exampleFor(schema);
  const example = own ?? given;
  const description = parameter.description ?? text?.[0];
  if (required || prefilled !== undefined) return { ...parameter, description, schema, example };
  const inText = example === undefined ? '' : `. Example: \`${textFor(example)}\``;
  return { ...parameter, description: description && `${description}${inText}`, schema };
}

const textFor = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

function describe(field: Json, text: FieldText | undefined): void {
  if ('const' in field) {
    field.description ??= text?.[0] ?? 'Always this value';
    return;
  }
  if (text) field.description ??= text[0];
  if (!isLeaf(field) || exampleIn(field) !== undefined) return;
  const example = fits(text?.[1], field) ? text?.[1] : exampleFor(field);
  if (example !== undefined) field.examples = [example];
}

function textOf(scope: string, path: readonly string[]): FieldText | undefined {
  const name = path.at(-1) ?? '';
  const parent = path.at(-2);
  return (
    TEXTS[[scope, ...path].join('.')] ??
    (parent === undefined ? undefined : TEXTS[`${parent}.${name}`]) ??
    TEXTS[name]
  );
}

const exampleIn = ({ examples, example }: Json): unknown =>
  Array.isArray(examples) ? examples[0] : example;

/** Whether the field has a value of its own instead of fields. */
function isLeaf(field: Json): boolean {
  if ('$ref' in field || 'properties' in field || 'oneOf' in field) return false;
  if (Array.isArray(field.anyOf)) return field.anyOf.every((one) => isObject(one) && isLeaf(one));
  return field.type !== 'array' || (isObject(field.items) && isLeaf(field.items));
}

/** Whether an example is of the field's type; the rest is for the test, which validates each example. */
function fits(example: unknown, field: Json): boolean {
  if (example === undefined) return false;
  if (Array.isArray(field.anyOf))
    return field.anyOf.some((one) => isObject(one) && fits(example, one));
  if (Array.isArray(field.enum)) return field.enum.includes(example);
  if (isObject(field.items) && Array.isArray(example))
    return example.every((one) => fits(one, field.items as Json));
  if (typeof example === 'string' && typeof field.pattern === 'string')
    if (!new RegExp(field.pattern, 'u').test(example)) return false;
  const types = [field.type].flat();
  return types.some((type) => type === undefined || type === typeOf(example, type));
}

function typeOf(value: unknown, wanted: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number' && Number.isInteger(value) && wanted === 'integer')
    return 'integer';
  return typeof value;
}

function exampleFor(field: Json): unknown {
  if ('default' in field) return field.default;
  if (Array.isArray(field.enum)) return field.enum[0];
  if (Array.isArray(field.anyOf))
    return field.anyOf
      .filter(isObject)
      .map(exampleFor)
      .find((one) => one !== undefined);
  if (field.type === 'array') {
    const one = isObject(field.items) ? exampleFor(field.items) : undefined;
    return one === undefined ? (field.minItems === undefined ? [] : undefined) : [one];
  }
  if (typeof field.format === 'string') return BY_FORMAT[field.format];
  const types = [field.type].flat();
  const [type] = types;
  if (types.includes('null')) return null;
  if (type === 'boolean') return true;
  if (type === 'integer' || type === 'number') return field.minimum ?? 1;
  return undefined;
}

const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
