/**
 * A path below the folder of a camera, one character (U+0000 to U+00FF) for each byte: names are bytes, and not all of
 * them are UTF-8. The empty path is the folder itself.
 */
export type BytePath = string;

export const bytesOfPath = (path: BytePath): Buffer => Buffer.from(path, 'latin1');

export const pathOfBytes = (bytes: Buffer): BytePath => bytes.toString('latin1');

export const pathOfText = (text: string): BytePath => pathOfBytes(Buffer.from(text));

export const joinPath = (folder: BytePath, name: BytePath): BytePath =>
  folder === '' ? name : `${folder}/${name}`;

/** Undefined for the folder of the camera itself. */
export const parentOf = (path: BytePath): BytePath | undefined =>
  path === '' ? undefined : path.slice(0, Math.max(0, path.lastIndexOf('/')));

export const nameOf = (path: BytePath): BytePath => path.slice(path.lastIndexOf('/') + 1);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The path as text, for logs and errors: control characters, and the bytes of what is not UTF-8, as `\xNN`. */
export function displayPath(path: BytePath): string {
  const escaped = (text: string, pattern: RegExp) =>
    text.replace(pattern, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  try {
    return escaped(utf8.decode(bytesOfPath(path)), /\p{Cc}/gu);
  } catch {
    return escaped(path, /[^ -~]/g);
  }
}
