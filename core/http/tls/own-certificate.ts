import { X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../runtime/clock.js';
import { messageOf } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { projectRoot } from '../../runtime/project-root.js';
import type { TlsCredentials } from '../../runtime/tls/credentials.js';
import type { CertificateProvider } from './certificate-provider.js';
import type { Authority } from './certificate-request.js';
import { issueCertificate } from './issue-certificate.js';
import { readStored, store } from './stored-certificate.js';
import type { SubjectNames } from './subject-names.js';

const DAY_MS = 86_400_000;
/** In the past, for clients whose clock is behind. Together less than the 398 days that browsers accept. */
const VALID_BEFORE_MS = 30 * DAY_MS;
const VALID_MS = 366 * DAY_MS;
/** A new one is made this long before the old one expires. */
const RENEWED_BEFORE_MS = 60 * DAY_MS;
/** Former addresses that stay in the certificate, so that one that comes and goes needs no new one each time. */
const MAX_ADDRESSES = 48;

export interface OwnCertificateOptions {
  folder: string;
  /** `Siteglass` and what follows, for the names of authority and certificate. */
  label: string;
  names(): SubjectNames;
  log: Logger;
  clock: Clock;
}

/**
 * A certificate that the program makes for itself: signed by an authority of its own, which stays, so that clients
 * that trust or pin the authority also accept the next certificate. Keys are in files of this user alone.
 */
export class OwnCertificate implements CertificateProvider {
  readonly kind = 'own';
  readonly #file: string;
  readonly #authorityFile: string;
  /** The last one, also if it could not be stored. */
  #current: TlsCredentials | undefined;
  /** Names that a new certificate did not show either: another one would not help. */
  #unmatched = new Set<string>();

  constructor(private readonly options: OwnCertificateOptions) {
    this.#file = join(options.folder, 'own.pem');
    this.#authorityFile = join(options.folder, 'authority.pem');
  }

  async refresh(signal?: AbortSignal): Promise<TlsCredentials> {
    this.#current ??= this.#stored(this.#file);
    const names = this.options.names();
    if (!this.#current || this.#reasonToRenew(this.#current, names))
      this.#current = await this.#renew(this.#current, names, signal);
    return this.#current;
  }

  /** As it is stored; for commands, which make none. */
  stored(): TlsCredentials | undefined {
    return this.#stored(this.#file);
  }

  /** A clock that is behind the program's own files is wrong. */
  #now(): number {
    const built = statSync(join(projectRoot(), 'package.json'), { throwIfNoEntry: false });
    return Math.max(this.options.clock(), built?.mtimeMs ?? 0);
  }

  #reasonToRenew(
    { chain }: TlsCredentials,
    { names, addresses }: SubjectNames,
  ): string | undefined {
    const certificate = new X509Certificate(chain);
    const now = this.#now();
    if (Date.parse(certificate.validTo) - RENEWED_BEFORE_MS < now) return 'it expires';
    if (Date.parse(certificate.validFrom) > now) return 'the clock was set back';
    const missing = missingIn(certificate, { names, addresses }).filter(
      (name) => !this.#unmatched.has(name),
    );
    return missing.length > 0 ? `it lacks ${missing.slice(0, 4).join(', ')}` : undefined;
  }

  async #renew(
    former: TlsCredentials | undefined,
    { host, names, addresses }: SubjectNames,
    signal?: AbortSignal,
  ): Promise<TlsCredentials> {
    const { label, log } = this.options;
    if (former)
      log.info(
        { reason: this.#reasonToRenew(former, { host, names, addresses }) },
        'renewing the certificate',
      );
    const now = this.#now();
    const authority = this.#storedAuthority();
    const issued = await issueCertificate(
      {
        authority,
        authorityName: `Siteglass ${label} (own authority)`.slice(0, 64),
        commonName: host.slice(0, 64),
        organisation: `Siteglass ${label}`.slice(0, 64),
        names,
        addresses: former ? withFormer(addresses, former) : addresses,
        notBefore: now - VALID_BEFORE_MS,
        notAfter: now + VALID_MS,
      },
      signal,
    );
    if (!authority)
      await store(this.#authorityFile, issued.authority.key + issued.authority.certificate, log);
    const chain = issued.certificate + issued.authority.certificate;
    await store(this.#file, issued.key + chain, log);
    this.#unmatched = new Set(missingIn(new X509Certificate(chain), { names, addresses }));
    return { key: issued.key, chain };
  }

  #stored(file: string): TlsCredentials | undefined {
    try {
      return readStored(file);
    } catch (error) {
      this.options.log.warn(
        { file, error: messageOf(error) },
        'stored certificate damaged; making another one',
      );
      return undefined;
    }
  }

  #storedAuthority(): Authority | undefined {
    const stored = this.#stored(this.#authorityFile);
    return stored && { key: stored.key, certificate: stored.chain };
  }
}

const missingIn = (
  certificate: X509Certificate,
  { names, addresses }: Pick<SubjectNames, 'names' | 'addresses'>,
): string[] => [
  ...names.filter((name) => certificate.checkHost(name) === undefined),
  ...addresses.filter((address) => certificate.checkIP(address) === undefined),
];

/** Of addresses that the machine had before, as many as fit. */
function withFormer(addresses: string[], { chain }: TlsCredentials): string[] {
  const former = (new X509Certificate(chain).subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry.startsWith('IP Address:'))
    .map((entry) => new URL(`http://${bracketed(entry.slice('IP Address:'.length))}`).hostname)
    .map((host) => host.replace(/^\[|\]$/g, ''));
  return [...new Set([...addresses, ...former])].slice(0, MAX_ADDRESSES);
}

const bracketed = (address: string) => (address.includes(':') ? `[${address}]` : address);
