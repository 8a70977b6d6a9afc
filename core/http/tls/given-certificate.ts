import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { messageOf, StartError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { TlsCredentials } from '../../runtime/tls/credentials.js';
import type { CertificateProvider } from './certificate-provider.js';

export interface CertificateFiles {
  certificateFile: string;
  keyFile: string;
}

/** A certificate that the operator gives in files, read again when they change. */
export class GivenCertificate implements CertificateProvider {
  readonly kind = 'given';
  #current: TlsCredentials | undefined;
  #version: string | undefined;

  constructor(
    private readonly files: CertificateFiles,
    private readonly log: Logger,
  ) {}

  /** Rejects with StartError if there is none; files that became unusable are logged, and the former certificate stays. */
  async refresh(): Promise<TlsCredentials> {
    const version = this.#versionOfFiles();
    if (this.#current && version === this.#version) return this.#current;
    this.#version = version;
    try {
      this.#current = readCertificate(this.files);
    } catch (error) {
      if (!this.#current) throw error;
      this.log.error({ error: messageOf(error) }, 'certificate not replaced; the former one stays');
    }
    return this.#current;
  }

  stored(): TlsCredentials {
    return readCertificate(this.files);
  }

  #versionOfFiles(): string {
    return [this.files.certificateFile, this.files.keyFile]
      .map((file) => {
        const stats = statSync(file, { throwIfNoEntry: false });
        return stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : 'missing';
      })
      .join(', ');
  }
}

/** Throws StartError unless both files can be read and belong together. */
export function readCertificate({ certificateFile, keyFile }: CertificateFiles): TlsCredentials {
  const [chain, key] = [
    textOf('http.tls.certificateFile', certificateFile),
    textOf('http.tls.keyFile', keyFile),
  ];
  try {
    createSecureContext({ key, cert: chain });
  } catch (cause) {
    throw new StartError(
      `http.tls.certificateFile and keyFile cannot be used: ${messageOf(cause)}. Expected a certificate with its chain, and its key without a passphrase, as PEM.`,
    );
  }
  return { key, chain };
}

function textOf(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StartError(`${setting} cannot be read: ${messageOf(cause)}`);
  }
}
