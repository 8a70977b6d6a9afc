import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { replaceFile } from '../../runtime/replace-file.js';
import type { TlsCredentials } from '../../runtime/tls/credentials.js';
import { pemPartsOf } from '../../runtime/tls/pem.js';

/** A key with its certificates, as stored; undefined if there is no file. Throws if they cannot be used. */
export function readStored(file: string): TlsCredentials | undefined {
  const text = textOf(file);
  if (text === undefined) return undefined;
  const { key, chain } = pemPartsOf(text);
  new X509Certificate(chain);
  if (key === '') throw new Error('it has no key');
  return { key, chain };
}

/** For this user alone. What cannot be stored is used nevertheless; the next start makes it again. */
export async function store(file: string, text: string, log: Logger): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await replaceFile(file, text, { flush: true });
  } catch (error) {
    log.error({ file, error: messageOf(error) }, 'certificate not stored');
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
