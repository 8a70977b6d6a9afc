import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../runtime/clock.js';
import { readTextFile } from '../../runtime/configuration.js';
import { messageOf } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { TlsCredentials } from '../../runtime/tls/credentials.js';
import type { AcmeSettings } from '../../runtime/tls/tls-settings.js';
import type { AcmeChallenges } from './acme-challenges.js';
import type { AcmeAccount } from './acme-messages.js';
import type { CertificateProvider } from './certificate-provider.js';
import { orderCertificate } from './order-certificate.js';
import { readStored, store } from './stored-certificate.js';

/** After a failed order; doubled with each further one. Let's Encrypt allows five failures in an hour. */
const RETRY_MS = 900_000;
const MAX_RETRY_MS = 43_200_000;
/** A certificate is renewed when less than this part of its time is left. */
const RENEWED_AT = 1 / 3;

const storedAccount = z.object({ directoryUrl: z.string(), key: z.string(), url: z.string() });

export interface AcmeCertificateOptions {
  folder: string;
  settings: AcmeSettings;
  challenges: AcmeChallenges;
  /** Shown until the authority has issued the first one. */
  fallback: CertificateProvider;
  log: Logger;
  clock: Clock;
  retryMs?: number;
}

/** A certificate from an authority that speaks ACME (RFC 8555), renewed in the background. */
export class AcmeCertificate implements CertificateProvider {
  readonly kind = 'acme';
  readonly #file: string;
  readonly #accountFile: string;
  #current: TlsCredentials | undefined;
  #isOrdering = false;
  #isDamageLogged = false;
  #failures = 0;
  #notBefore = 0;

  constructor(private readonly options: AcmeCertificateOptions) {
    this.#file = join(options.folder, 'acme.pem');
    this.#accountFile = join(options.folder, 'acme-account.json');
  }

  async refresh(signal: AbortSignal = new AbortController().signal): Promise<TlsCredentials> {
    this.#current ??= this.#storedOrder();
    if (this.#isDue() && !this.#isOrdering && performance.now() >= this.#notBefore)
      void this.#order(signal);
    return this.#isUsable() && this.#current
      ? this.#current
      : this.options.fallback.refresh(signal);
  }

  stored(): TlsCredentials | undefined {
    return this.#storedOrder() ?? this.options.fallback.stored();
  }

  #isUsable(): boolean {
    return this.#timeLeft() > 0;
  }

  #isDue(): boolean {
    const { domains } = this.options.settings;
    if (!this.#current || this.#timeLeft() < RENEWED_AT) return true;
    const certificate = new X509Certificate(this.#current.chain);
    return domains.some((domain) => certificate.checkHost(domain) === undefined);
  }

  /** As a part of the certificate's time; negative if it has expired. */
  #timeLeft(): number {
    if (!this.#current) return -1;
    const { validFrom, validTo } = new X509Certificate(this.#current.chain);
    const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
    return (to - this.options.clock()) / (to - from);
  }

  /** Never rejects. */
  async #order(signal: AbortSignal): Promise<void> {
    const { settings, challenges, log, retryMs = RETRY_MS } = this.options;
    const { directoryUrl, caFile, email, domains, challenge } = settings;
    this.#isOrdering = true;
    try {
      const account = this.#account();
      const ca = caFile === undefined ? undefined : readTextFile(caFile);
      log.info({ domains, directoryUrl, challenge }, 'ordering a certificate');
      const issued = await orderCertificate(
        { directoryUrl, ca, account, email, domains, challenge },
        {
          present: (wanted) => challenges.present(wanted, signal),
          cleanup: (wanted) => challenges.cleanup(wanted, signal),
          onAccount: (made) =>
            store(this.#accountFile, JSON.stringify({ directoryUrl, ...made }), log),
        },
        signal,
      );
      await store(this.#file, issued.key + issued.chain, log);
      this.#current = issued;
      this.#failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      const delayMs = Math.min(retryMs * 2 ** this.#failures++, MAX_RETRY_MS);
      this.#notBefore = performance.now() + delayMs;
      const minutes = Math.round(delayMs / 60_000);
      log.error(
        { domains, directoryUrl, error: messageOf(error) },
        `certificate not issued; trying again in ${minutes} min`,
      );
    } finally {
      challenges.close();
      this.#isOrdering = false;
    }
  }

  /** The account at this authority; those of others have no meaning there. */
  #account(): AcmeAccount | undefined {
    try {
      const { directoryUrl, key, url } = storedAccount.parse(
        JSON.parse(readFileSync(this.#accountFile, 'utf8')),
      );
      return directoryUrl === this.options.settings.directoryUrl ? { key, url } : undefined;
    } catch {
      return undefined;
    }
  }

  #storedOrder(): TlsCredentials | undefined {
    try {
      return readStored(this.#file);
    } catch (error) {
      // It is read again until another one is issued.
      if (!this.#isDamageLogged)
        this.options.log.warn(
          { file: this.#file, error: messageOf(error) },
          'stored certificate damaged; ordering another one',
        );
      this.#isDamageLogged = true;
      return undefined;
    }
  }
}
