import type { Random } from '../random.js';
import type { SchemaValues } from './schema-values.js';

export interface RequestBody {
  bytes: Buffer;
  contentType: string;
}

/** Makes bodies of the documented types, and some that are broken or of another type. */
export class RequestBodies {
  constructor(
    private readonly random: Random,
    private readonly values: SchemaValues,
    private readonly image: () => Buffer,
  ) {}

  make(content: Record<string, { schema: object }>): RequestBody {
    const { random } = this;
    const [documented, { schema }] = random.pick(Object.entries(content));
    const value = this.values.make(schema);
    const type = random.chance(0.9)
      ? documented
      : random.pick(['application/json', 'multipart/form-data', 'image/*', 'text/plain', 'a', '']);
    const body = this.#ofType(type, value, schema);
    return random.chance(0.1) ? this.#broken(body) : body;
  }

  #ofType(type: string, value: unknown, schema: object): RequestBody {
    switch (type) {
      case 'application/json':
        return { bytes: this.#json(value), contentType: this.#typeOf('application/json') };
      case 'multipart/form-data':
        return this.#multipart(fieldsOf(value), schema);
      case 'application/x-www-form-urlencoded':
        return {
          bytes: Buffer.from(new URLSearchParams(fieldsOf(value)).toString()),
          contentType: type,
        };
      case 'image/*':
        return {
          bytes: this.image(),
          contentType: this.#typeOf(this.random.pick(['image/jpeg', 'image/x', 'image/'])),
        };
      default:
        return { bytes: this.image(), contentType: type };
    }
  }

  #json(value: unknown): Buffer {
    const { random } = this;
    if (random.chance(0.9)) return Buffer.from(JSON.stringify(value) ?? '');
    return Buffer.from(
      random.pick([
        '',
        '{',
        '{"a": 1,}',
        '[[[['.repeat(20_000),
        '{"a":'.repeat(5_000),
        '"\\ud800"',
        '1e99999',
        '\ufeff{}',
        `{"a": "${'b'.repeat(200_000)}"}`,
        '{"id": 1, "id": 2}',
      ]),
    );
  }

  #multipart(fields: Record<string, string>, schema: object): RequestBody {
    const { random } = this;
    const boundary = random.pick(['b', 'x'.repeat(70), "a'()+_,-./:=?z"]);
    const properties = (schema as { properties?: Record<string, { format?: string }> }).properties;
    const parts = Object.entries(fields).map(([name, text]) =>
      properties?.[name]?.format === 'binary'
        ? this.#part(boundary, name, this.image(), random.pick(['a.jpg', '', '../../a', 'ä"b.png']))
        : this.#part(boundary, name, Buffer.from(text)),
    );
    if (random.chance(0.1)) parts.push(...parts);
    const end = random.chance(0.9) ? `--${boundary}--\r\n` : '';
    return {
      bytes: Buffer.concat([...parts, Buffer.from(end)]),
      contentType: `multipart/form-data; boundary="${random.chance(0.95) ? boundary : 'other'}"`,
    };
  }

  #part(boundary: string, name: string, content: Buffer, file?: string): Buffer {
    const quoted = (text: string) => text.replace(/["\r\n\0]/g, '_');
    const as = file === undefined ? '' : `; filename="${quoted(file)}"`;
    const type = file === undefined ? '' : 'Content-Type: image/jpeg\r\n';
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"${as}\r\n${type}\r\n`;
    return Buffer.concat([Buffer.from(head), content, Buffer.from('\r\n')]);
  }

  #typeOf(type: string): string {
    const { random } = this;
    return random.chance(0.9)
      ? type
      : random.pick([`${type}; charset=utf-16`, `${type};;;;`, type.toUpperCase()]);
  }

  /** Cut, or with bits that are flipped. */
  #broken({ bytes, contentType }: RequestBody): RequestBody {
    const { random } = this;
    if (bytes.length === 0) return { bytes, contentType };
    if (random.chance(0.5))
      return { bytes: bytes.subarray(0, random.integer(0, bytes.length - 1)), contentType };
    const flipped = Buffer.from(bytes);
    for (let i = 0; i < 8; i++) {
      const at = random.integer(0, flipped.length - 1);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << random.integer(0, 7));
    }
    return { bytes: flipped, contentType };
  }
}

/** A form's fields. Lists become one text, as a careless client writes them. */
function fieldsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, 100)
      .map(([name, field]) => [name, typeof field === 'string' ? field : JSON.stringify(field)]),
  );
}
