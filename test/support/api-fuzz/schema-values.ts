import type { Random } from '../random.js';
import { HOSTILE_TEXTS, HOSTILE_VALUES } from './hostile-values.js';

/** The part of JSON Schema that the API's documents use. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  format?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
}

const MAX_DEPTH = 6;
const HOSTILE = 0.15;

/** Makes values for schemas: mostly valid ones, some at a limit or beyond it, some of another kind altogether. */
export class SchemaValues {
  constructor(
    private readonly random: Random,
    private readonly components: Record<string, Schema>,
    /** Values that mean something to the API, such as ids that it gave. */
    private readonly known: () => readonly string[],
  ) {}

  make(schema: object, depth = 0): unknown {
    const { random } = this;
    if (random.chance(HOSTILE)) return this.#hostile();
    const resolved = this.#resolve(schema as Schema);
    const choices = resolved.anyOf ?? resolved.oneOf;
    if (choices) return this.make(random.pick(choices), depth);
    if (resolved.const !== undefined) return resolved.const;
    if (resolved.enum) return random.pick(resolved.enum);
    if (resolved.allOf)
      return Object.assign({}, ...resolved.allOf.map((part) => this.make(part, depth)));
    return this.#ofType([resolved.type ?? 'string'].flat(), resolved, depth);
  }

  text(): string {
    const known = this.known();
    return known.length > 0 && this.random.chance(0.6)
      ? this.random.pick(known)
      : this.random.pick(HOSTILE_TEXTS);
  }

  #hostile(): unknown {
    return this.random.chance(0.5)
      ? this.random.pick(HOSTILE_TEXTS)
      : this.random.pick(HOSTILE_VALUES);
  }

  #ofType(types: string[], schema: Schema, depth: number): unknown {
    const { random } = this;
    switch (random.pick(types)) {
      case 'integer':
        return this.#number(schema, 1);
      case 'number':
        return random.chance(0.5) ? random.next() : this.#number(schema, 0.25);
      case 'boolean':
        return random.chance(0.5);
      case 'null':
        return null;
      case 'array':
        return this.#array(schema, depth);
      case 'object':
        return this.#object(schema, depth);
      default:
        return this.#text(schema);
    }
  }

  /** At a limit, just beyond it, or between. */
  #number(schema: Schema, step: number): number {
    const least = schema.minimum ?? schema.exclusiveMinimum ?? 0;
    const most = schema.maximum ?? schema.exclusiveMaximum ?? 1000;
    const { random } = this;
    return random.pick([
      least,
      most,
      least - step,
      most + step,
      random.integer(Math.ceil(least), Math.floor(Math.min(most, least + 1000))),
    ]);
  }

  #array({ items, minItems = 0, maxItems = 5 }: Schema, depth: number): unknown[] {
    const { random } = this;
    const length = random.pick([minItems, Math.min(maxItems, 200) + 1, random.integer(0, 3)]);
    if (!items || depth > MAX_DEPTH) return [];
    return Array.from({ length: Math.min(length, 300) }, () => this.make(items, depth + 1));
  }

  #object(schema: Schema, depth: number): Record<string, unknown> {
    const { random } = this;
    const entries: [string, unknown][] = [];
    if (depth <= MAX_DEPTH)
      for (const [name, property] of Object.entries(schema.properties ?? {}))
        if (random.chance(schema.required?.includes(name) ? 0.95 : 0.6))
          entries.push([name, this.make(property, depth + 1)]);
    if (random.chance(0.1)) entries.push([this.text(), this.text()]);
    return Object.fromEntries(entries);
  }

  #text({ format, minLength = 0, maxLength = 60 }: Schema): string {
    const { random } = this;
    if (format === 'date-time' && random.chance(0.6))
      return new Date(1.79e12 + random.integer(-4e9, 4e9)).toISOString();
    if (random.chance(0.3))
      return 'n'.repeat(random.pick([minLength, minLength + 1, Math.min(maxLength, 9_999) + 1]));
    return this.text();
  }

  #resolve(schema: Schema): Schema {
    const { $ref } = schema;
    if ($ref === undefined) return schema;
    return this.components[$ref.replace('#/components/schemas/', '')] ?? {};
  }
}
