const MAX_CHARACTERS = 500;
const MAX_ITEMS = 20;
const MAX_DEPTH = 5;

/** A text of at most so many characters, and how many more it had. */
export function shortText(text: string, most = MAX_CHARACTERS): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')}… (${text.length - most} more characters)`;
}

/** A value for the log: texts, lists and objects in it are cut, so that a client cannot fill the log with what it sends. */
export function shortened(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return shortText(value);
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (Array.isArray(value)) {
    if (depth >= MAX_DEPTH) return `(${value.length} items)`;
    const items = value.slice(0, MAX_ITEMS).map((item) => shortened(item, depth + 1));
    const more = value.length - items.length;
    return more > 0 ? [...items, `… (${more} more)`] : items;
  }
  return isPlain(value) ? shortObject(value, depth) : value;
}

/** The same for the fields of a log line. */
export function shortObject(object: object, depth = 0): Record<string, unknown> {
  const names = Object.keys(object);
  if (depth >= MAX_DEPTH) return { '…': `(${names.length} fields)` };
  const fields = names.slice(0, MAX_ITEMS).map((name): [string, unknown] => {
    const value: unknown = Reflect.get(object, name);
    return [shortText(name, 100), shortened(value, depth + 1)];
  });
  if (names.length > MAX_ITEMS) fields.push(['…', `(${names.length - MAX_ITEMS} more fields)`]);
  return Object.fromEntries(fields);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
