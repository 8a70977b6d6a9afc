import { randomBytes } from 'node:crypto';

export interface FilePart {
  field: string;
  fileName: string;
  mediaType: string;
  bytes: Buffer;
}

export interface Multipart {
  contentType: string;
  body: Buffer;
}

/** A form with a file (RFC 7578). Names are the program's own, values may be anything. */
export function multipart(
  fields: readonly { name: string; value: string; contentType?: string }[],
  file: FilePart,
): Multipart {
  // 128 random bits, so that no value can contain it.
  const boundary = `siteglass-${randomBytes(16).toString('hex')}`;
  const head = (name: string, more: string) =>
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`);
  const end = Buffer.from('\r\n');
  const parts = fields.flatMap(({ name, value, contentType }) => [
    head(name, contentType ? `\r\nContent-Type: ${contentType}` : ''),
    Buffer.from(value),
    end,
  ]);
  const { field, fileName, mediaType, bytes } = file;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([
      ...parts,
      head(field, `; filename="${fileName}"\r\nContent-Type: ${mediaType}`),
      bytes,
      end,
      Buffer.from(`--${boundary}--\r\n`),
    ]),
  };
}
