/** A form with one file. A field that occurs several times has all its values. */
export interface PlainForm {
  file: Buffer;
  fields: Record<string, string | string[]>;
}

/** What the general reader accepts, too; a form beyond it is left to that reader, which says what is wrong. */
export interface PlainFormLimits {
  fields: number;
  fieldSize: number;
  fileSize: number;
}

const CONTENT_TYPE =
  /^multipart\/form-data; ?boundary=(?:"([\w'()+./:=?-]{1,70})"|([\w'+.-]{1,70}))$/i;
/** Names without escapes and brackets; values of a header without parameters, e.g. a character set. */
const PART_HEAD =
  /^\r\nContent-Disposition: form-data; name="([a-z][\w-]{0,63})"(?:; filename="(\w[\w .()-]*)"(?:\r\nContent-Type: [\w.+-]+\/[\w.+-]+)?)?$/i;
const PLAIN_TEXT = /^[\x20-\x7e]*$/;
const MAX_HEAD_BYTES = 1024;

/**
 * Reads a form (RFC 7578) in the way in which nearly all clients write it, without a copy of the file. Undefined for
 * every other form, whether valid or not. A form that it reads has the same meaning to the general reader.
 */
export function plainFormOf(
  body: Buffer,
  contentType: string,
  fileField: string,
  limits: PlainFormLimits,
): PlainForm | undefined {
  const boundary = boundaryIn(contentType);
  if (boundary === undefined || !startsWith(body, 0, `--${boundary}`)) return undefined;
  const delimiter = `\r\n--${boundary}`;
  const form: Partial<PlainForm> & Pick<PlainForm, 'fields'> = { fields: Object.create(null) };
  let fields = 0;
  let at = boundary.length + 2;
  while (!isEnd(body, at)) {
    const part = partAt(body, at, delimiter);
    if (!part) return undefined;
    const { name, isFile, from, until } = part;
    if (isFile) {
      if (form.file || name !== fileField || until - from > limits.fileSize) return undefined;
      form.file = body.subarray(from, until);
    } else {
      if (++fields > limits.fields || until - from > limits.fieldSize) return undefined;
      const value = body.toString('latin1', from, until);
      if (!PLAIN_TEXT.test(value)) return undefined;
      addField(form.fields, name, value);
    }
    at = until + delimiter.length;
  }
  const { file } = form;
  return file && { ...form, file };
}

const boundaryIn = (contentType: string): string | undefined => {
  const [, quoted, plain] = CONTENT_TYPE.exec(contentType) ?? [];
  return quoted ?? plain;
};

interface Part {
  name: string;
  isFile: boolean;
  from: number;
  until: number;
}

/** The part whose header begins at `at`, behind a delimiter. */
function partAt(body: Buffer, at: number, delimiter: string): Part | undefined {
  const head = body.toString('latin1', at, at + MAX_HEAD_BYTES);
  const blank = head.indexOf('\r\n\r\n');
  const [, name, fileName] = (blank > 0 && PART_HEAD.exec(head.slice(0, blank))) || [];
  if (name === undefined) return undefined;
  const from = at + blank + 4;
  // The line end of the blank line may belong to a delimiter: a part without content.
  const until = body.indexOf(delimiter, from - 2, 'latin1');
  return until < from ? undefined : { name, isFile: fileName !== undefined, from, until };
}

/** The last delimiter ends with two hyphens. Some clients end the line. */
function isEnd(body: Buffer, at: number): boolean {
  if (!startsWith(body, at, '--')) return false;
  const rest = body.length - at - 2;
  return rest === 0 || (rest === 2 && startsWith(body, at + 2, '\r\n'));
}

const startsWith = (body: Buffer, at: number, text: string): boolean =>
  body.toString('latin1', at, at + text.length) === text;

function addField(fields: PlainForm['fields'], name: string, value: string): void {
  const known = fields[name];
  if (known === undefined) fields[name] = value;
  else fields[name] = [known, value].flat();
}
