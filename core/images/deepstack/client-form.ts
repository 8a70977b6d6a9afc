import { z } from 'zod';
import { devicePartsOf } from '../../http/device-form.js';
import { ProblemError } from '../../runtime/errors.js';
import { mediaTypeOf } from '../media-type.js';

/** The form of a client, however it was sent. */
export interface ClientForm {
  /**
   * The image; one in base64 is decoded at each call, which takes long enough to know the caller before. Throws
   * `missing_image` if its text is not base64.
   */
  image(): Buffer | undefined;
  /** Of several fields with the same name the first. */
  fields: Record<string, string>;
}

/** One field or file. */
interface Part {
  name: string;
  content: Buffer;
  isFile: boolean;
  /** Whether the content has the escapes of an encoded form. */
  isEscaped?: boolean;
}

/** Of several files, which one is searched: in this order, then the first. */
const IMAGE_NAMES = ['image', 'image1', 'image0'];
const IMAGE_FIELD = /^image\d*$/;
const MAX_FIELD_BYTES = 4096;
/** A field, or a value in JSON, takes much more memory than its byte or two in the body. */
const MAX_FIELDS = 64;
const MAX_VALUES = 512;

/**
 * Reads a form as clients of DeepStack and CodeProject.AI send it: multipart with a file of any name, fields of a form or
 * JSON with the image in base64 or as a data URL, or the image as the body. The bytes count more than the declared type.
 */
export function clientFormOf(body: Buffer, contentType: string): ClientForm {
  if (body.length === 0) return formOf([]);
  if (/^\s*multipart\//i.test(contentType) || startsWith(body, '--')) {
    const parts = devicePartsOf(body, contentType).flatMap(partOf);
    if (parts.length > 0) return formOf(parts);
    throw new ProblemError('invalid_request', 'The form is malformed: it has no parts.');
  }
  if (mediaTypeOf(body)) return { image: () => body, fields: {} };
  if (/\bjson\b/i.test(contentType) || startsWith(body, '{')) return formOf(partsOfJson(body));
  if (/\bx-www-form-urlencoded\b/i.test(contentType) || contentType === '')
    return formOf(partsOfText(body));
  if (/^\s*(image\/|application\/octet-stream)/i.test(contentType))
    return { image: () => body, fields: {} };
  throw new ProblemError(
    'unsupported_request_type',
    'Send the image as multipart/form-data, in the field "image".',
  );
}

const startsWith = (body: Buffer, text: string) =>
  body.toString('latin1', 0, 64).trimStart().startsWith(text);

/** RFC 7578; names without quotes too. */
function partOf({ head, content }: { head: string; content: Buffer }): Part[] {
  const disposition = /^content-disposition[ \t]*:(.*)$/im.exec(head)?.[1] ?? '';
  const [, quoted, plain] = /;\s*name\s*=\s*(?:"([^"]*)"|([^;\s]+))/i.exec(disposition) ?? [];
  const name = quoted ?? plain;
  if (name === undefined) return [];
  const isFile =
    /;\s*filename\*?\s*=/i.test(disposition) || /^content-type\s*:\s*image\//im.test(head);
  return [{ name, content, isFile }];
}

function partsOfText(body: Buffer): Part[] {
  checkCount(body, '&', MAX_FIELDS);
  const parts: Part[] = [];
  for (let from = 0; from < body.length; ) {
    const amp = body.indexOf('&', from);
    const field = body.subarray(from, amp === -1 ? undefined : amp);
    const equals = field.indexOf('=');
    if (equals > 0 && equals <= MAX_FIELD_BYTES)
      parts.push({
        name: unescaped(field.toString('latin1', 0, equals)),
        content: field.subarray(equals + 1),
        isFile: false,
        isEscaped: true,
      });
    from += field.length + 1;
  }
  return parts;
}

function unescaped(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

const textOf = ({ content, isEscaped }: Part): string =>
  isEscaped ? unescaped(content.toString('latin1')) : content.toString();

/** Refuses a body with more of these characters than `most`; base64 has none of them. */
function checkCount(body: Buffer, characters: string, most: number): void {
  let count = 0;
  for (const character of characters)
    for (let at = body.indexOf(character); at !== -1; at = body.indexOf(character, at + 1))
      if (++count > most)
        throw new ProblemError('invalid_request', 'The form is malformed: it has too many fields.');
}

/** A flat object, or the payload that CodeProject.AI takes. */
const jsonSchema = z.looseObject({
  values: z
    .array(z.object({ key: z.string(), value: z.array(z.string().nullable()) }))
    .optional()
    .catch(undefined),
  files: z
    .array(z.object({ data: z.string() }))
    .optional()
    .catch(undefined),
});

function partsOfJson(body: Buffer): Part[] {
  const { values = [], files = [], ...flat } = jsonOf(body);
  const fields = Object.entries(flat).flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' ? [textPart(name, String(value))] : [],
  );
  const listed = values.map(({ key, value: [first] }) => textPart(key, first ?? ''));
  return [...fields, ...listed, ...files.map(({ data }) => textPart('image', data))];
}

function jsonOf(body: Buffer): z.infer<typeof jsonSchema> {
  checkCount(body, ',[{', MAX_VALUES);
  try {
    return jsonSchema.parse(JSON.parse(body.toString()));
  } catch {
    // Without the cause, which quotes the body: it may have a key.
    throw new ProblemError('invalid_request', 'The body is not a JSON object.');
  }
}

const textPart = (name: string, text: string): Part => ({
  name,
  content: Buffer.from(text),
  isFile: false,
});

function formOf(parts: Part[]): ClientForm {
  const fields: Record<string, string> = Object.create(null);
  for (const part of parts) {
    const { name, content, isFile } = part;
    // As in the forms of the image API: names are not parsed.
    if (name.includes('[')) throw oddName(name);
    if (isFile || IMAGE_FIELD.test(name) || content.length > MAX_FIELD_BYTES) continue;
    // A browser sends the empty fields of a form too.
    if (content.length > 0) fields[name] ??= textOf(part).trim();
  }
  return { image: () => imageIn(parts), fields };
}

const oddName = (name: string) =>
  new ProblemError('invalid_parameter', 'In the form: a name of a field has a "[".', {
    errors: [{ path: name, message: 'is not a known parameter' }],
  });

function imageIn(parts: Part[]): Buffer | undefined {
  const files = parts.filter(({ isFile, content }) => isFile && content.length > 0);
  const named = IMAGE_NAMES.map((name) => files.find((file) => file.name === name));
  const file = named.find((one) => one !== undefined) ?? files[0];
  if (file) return file.content;
  const text = parts.find(({ name, content }) => IMAGE_FIELD.test(name) && content.length > 0);
  if (!text) return undefined;
  // Without a file name, it may be the image itself.
  return mediaTypeOf(text.content) ? text.content : decoded(text);
}

function decoded(part: Part): Buffer {
  const { name } = part;
  const text = textOf(part)
    .trim()
    .replace(/^data:[^,]{0,128},/, '')
    // A form without escapes has a space for each plus.
    .replaceAll(' ', '+')
    .replace(/[\r\n]+/g, '');
  if (!/^[\w+/-]+={0,2}$/.test(text))
    throw new ProblemError('missing_image', `The field "${name}" has neither a file nor base64.`, {
      errors: [{ path: name, message: 'expected a file, or an image in base64' }],
    });
  return Buffer.from(text, 'base64');
}
