import { X509Certificate } from 'node:crypto';
import { messageOf } from '../../runtime/errors.js';
import type { Service } from '../../runtime/lifecycle.js';
import type { Logger } from '../../runtime/logger.js';
import { onReloadSignal } from '../../runtime/reload-signal.js';
import { SerialQueue } from '../../runtime/serial-queue.js';
import type { TlsCredentials, TlsSource } from '../../runtime/tls/credentials.js';
import type { CertificateProvider } from './certificate-provider.js';
import { type CertificateFacts, describeCertificate } from './describe-certificate.js';

export interface CertificatesOptions {
  provider: CertificateProvider;
  /** Whether the start makes or reads the certificate. Otherwise the first client that speaks TLS does. */
  isNeeded: boolean;
  log: Logger;
  /** How often changes are looked for: of files, addresses and the clock. */
  checkMs?: number;
}

const CHECK_MS = 15_000;

/** The certificate of a program's servers, kept up to date while it runs, and read again on SIGHUP. */
export class Certificates implements Service, TlsSource {
  readonly name = 'certificates';
  readonly #listeners = new Set<(credentials: TlsCredentials) => void>();
  readonly #stopping = new AbortController();
  readonly #queue = new SerialQueue();
  #current: TlsCredentials | undefined;
  #timer: NodeJS.Timeout | undefined;
  #forgetSignal: (() => void) | undefined;
  #lastError: string | undefined;

  constructor(private readonly options: CertificatesOptions) {}

  /** Rejects with StartError if the configured certificate cannot be used. One of its own is made in the background. */
  async start(): Promise<void> {
    const { provider, isNeeded, checkMs = CHECK_MS } = this.options;
    if (provider.kind === 'given') await this.credentials();
    else if (isNeeded) void this.#check(true);
    this.#forgetSignal = onReloadSignal(() => void this.#check());
    this.#timer = setInterval(() => void this.#check(), checkMs).unref();
  }

  async stop(): Promise<void> {
    this.#forgetSignal?.();
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#queue.ended();
  }

  credentials(): Promise<TlsCredentials> {
    return this.#current ? Promise.resolve(this.#current) : this.#queue.run(() => this.#refresh());
  }

  onChange(listener: (credentials: TlsCredentials) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Never rejects. Looks for changes of a certificate that is in use, or makes the first one. */
  async #check(isFirst = false): Promise<void> {
    if (!this.#current && !isFirst && !this.options.isNeeded) return;
    try {
      await this.#queue.run(() => this.#refresh());
      this.#lastError = undefined;
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const text = messageOf(error);
      if (text !== this.#lastError)
        this.options.log.error({ error: text }, 'TLS certificate not available');
      this.#lastError = text;
    }
  }

  async #refresh(): Promise<TlsCredentials> {
    const { provider, log } = this.options;
    const next = await provider.refresh(this.#stopping.signal);
    const former = this.#current;
    if (next.chain === former?.chain) return next;
    this.#current = next;
    const { fingerprint, ...facts } = describeCertificate(next, provider.kind);
    log.info(
      { fingerprint, ...facts },
      `${former ? 'new certificate' : 'certificate'}: SHA-256 fingerprint ${fingerprint}`,
    );
    if (former) for (const listener of this.#listeners) listener(next);
    return next;
  }

  /** What is shown of the certificate in use; undefined without one. */
  get facts(): (CertificateFacts & Pick<CertificateProvider, 'kind'>) | undefined {
    const { kind } = this.options.provider;
    return this.#current && { kind, ...describeCertificate(this.#current, kind) };
  }

  /** When the certificate in use expires; undefined without one. */
  get expiresAt(): number | undefined {
    return this.#current && Date.parse(new X509Certificate(this.#current.chain).validTo);
  }
}
