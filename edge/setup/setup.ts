import { rm, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { AuditLog } from '../../core/access/audit.js';
import { passwordFault } from '../../core/access/password-rule.js';
import type { Tokens } from '../../core/access/tokens.js';
import type { Users } from '../../core/access/users.js';
import type { GivenSettings } from '../../core/runtime/configuration.js';
import { messageOf, ProblemError } from '../../core/runtime/errors.js';
import type { Restart, Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { programVersion } from '../../core/runtime/program-version.js';
import { SerialQueue } from '../../core/runtime/serial-queue.js';
import { lanUrl } from '../health/lan-url.js';
import { SetupCode } from './setup-code.js';
import type { SetupDone, SetupRequest, SetupState } from './setup-contract.js';
import { readSetupFile, type SetupSettings, setupFileFault, writeSetupFile } from './setup-file.js';
import { objectAt } from './with-setup.js';

export interface SetupOptions {
  dataFolder: string;
  /** The file of the configuration, and what it and the command line say. */
  given: { source: string | undefined; settings: GivenSettings };
  /** Whether the appliance was in use before there was a set-up, or needs no login. */
  isUnwanted: boolean;
  users: Users;
  tokens: Tokens;
  audit: AuditLog;
  /** The address of the API as it is served now. */
  address(): { host: string; port: number };
  isHttps: boolean;
  /** SHA-256 of the TLS certificate; rejects without one. */
  fingerprint(): Promise<string>;
  /** Exchanges a code for an account at a relay. Resolves with its address; rejects with the reason. */
  enrol?: (site: string, code: string) => Promise<string>;
  log: Logger;
}

const CODE_FILE = 'set-up-code';
/** The response reaches the browser before the services stop. */
const RESTART_AFTER_MS = 500;
const STOPPING_SECONDS = 3;

/** The first run: somebody with the code of this start names the site, its administrator, network and relay. */
export class Setup implements Service {
  readonly name = 'set-up';
  readonly restart: Restart;
  readonly #queue = new SerialQueue();
  readonly #createdAt = performance.now();
  #code: SetupCode | undefined;
  #startMs = 0;
  #isDone = false;
  #restartNow: () => void = () => undefined;

  constructor(private readonly options: SetupOptions) {
    const due = new Promise<void>((resolve) => {
      this.#restartNow = resolve;
    });
    const setup = this;
    this.restart = {
      due,
      get reason() {
        return setup.#isDone ? 'the set-up is complete' : undefined;
      },
    };
  }

  /** Whether the appliance waits to be set up. */
  get isPending(): boolean {
    return this.#code !== undefined && !this.#isDone;
  }

  /** Needs the server's address. */
  async start(): Promise<void> {
    this.#startMs = performance.now() - this.#createdAt;
    // A crash or a backup may have left a former one.
    await rm(this.#codeFile, { force: true });
    const fault = setupFileFault(this.options.dataFolder);
    if (fault !== undefined)
      this.options.log.error(
        { fault },
        'set-up.json cannot be used: what it decided does not apply',
      );
    if (!(await this.#isNeeded())) return;
    this.#code = new SetupCode();
    const url = `${this.#url(this.options.address().host)}/setup`;
    const { text } = this.#code;
    await this.#writeCode(`${url}\n${text}\n`);
    // Logged on purpose: who reads the log may set the appliance up.
    this.options.log.warn({ url }, `not set up yet: open ${url} and enter the code ${text}`);
  }

  stop(): Promise<void> {
    return this.#close();
  }

  async #close(): Promise<void> {
    if (this.#code) await rm(this.#codeFile, { force: true });
    this.#code = undefined;
  }

  /** Throws `not_found` if there is nothing to set up, and what SetupCode.check throws. */
  async authorize(code: string, address: string): Promise<void> {
    if (!this.#code || this.#isDone) throw isSetUp();
    this.#code.check(code, address);
    // An operator at the command line may have added a user or a token meanwhile.
    if (await this.#isNeeded()) return;
    await this.#close();
    throw isSetUp();
  }

  async state(): Promise<SetupState> {
    const { settings, source } = this.options.given;
    const relay = objectAt(settings, 'mqtt').url;
    const text = (value: unknown) => (typeof value === 'string' ? value : null);
    return {
      status: 'OK',
      version: programVersion(),
      configuration: source ?? null,
      site: { value: text(settings.site), fixed: settings.site !== undefined },
      network: { value: text(this.#fixedHost), fixed: this.#fixedHost !== undefined },
      relay: { value: text(relay), fixed: settings.mqtt !== undefined },
      addresses: ownAddresses(),
      fingerprint: await this.options.fingerprint().catch(() => null),
    };
  }

  /** Applies everything, or nothing. Throws `invalid_parameter`, `password_refused` or what the relay refuses. */
  complete(request: SetupRequest, address: string): Promise<SetupDone> {
    return this.#queue.run(() => this.#complete(request, address));
  }

  async #complete(request: SetupRequest, address: string): Promise<SetupDone> {
    if (this.#isDone) throw isSetUp();
    const { dataFolder, audit, log } = this.options;
    const settings = await this.#settingsOf(request);
    const site = settings.site ?? String(this.options.given.settings.site);
    const { name, password } = request.administrator;
    await refuseWeak(password, [name, site]);
    const relay = await this.#enrol(site, request.relay);
    await writeSetupFile(dataFolder, { isComplete: false, settings });
    await this.#createAdministrator(name, password);
    await writeSetupFile(dataFolder, { isComplete: true, settings });
    this.#isDone = true;
    const actor = { name, kind: 'user', address } as const;
    if (relay !== undefined) audit.record({ action: 'enrolled', actor, subject: relay });
    audit.record({ action: 'set_up', actor, subject: site });
    log.info({ site, administrator: name }, 'set-up complete; restarting the services');
    setTimeout(() => this.#restartNow(), RESTART_AFTER_MS);
    return {
      status: 'OK',
      url: this.#url(settings.http?.host ?? this.options.address().host),
      readyInSeconds: Math.ceil(STOPPING_SECONDS + (this.#startMs / 1_000) * 1.5),
    };
  }

  async #settingsOf({ site, network, relay }: SetupRequest): Promise<SetupSettings> {
    const { settings } = this.options.given;
    const isWrong = (path: string, message: string) =>
      new ProblemError('invalid_parameter', `${path}: ${message}`, { errors: [{ path, message }] });
    const fixed = (path: string) =>
      isWrong(path, 'the configuration has it already; change it there');
    if (site !== undefined && settings.site !== undefined && site !== settings.site)
      throw fixed('site');
    if (site === undefined && settings.site === undefined) throw isWrong('site', 'is missing');
    if (network !== undefined && this.#fixedHost !== undefined) throw fixed('network');
    if (network === undefined && this.#fixedHost === undefined)
      throw isWrong('network', 'is missing');
    if (relay !== undefined && settings.mqtt !== undefined) throw fixed('relay');
    if (relay && 'code' in relay && !this.options.enrol)
      throw isWrong('relay.code', 'enrolment is not available; give url, username and password');
    const account = relay && 'url' in relay ? relay : undefined;
    if (account?.fingerprint !== undefined && !account.url.startsWith('mqtts:'))
      throw isWrong('relay.fingerprint', 'requires an mqtts:// URL');
    return {
      ...(settings.site === undefined && site !== undefined && { site }),
      ...(network !== undefined && { http: { host: HOSTS[network] ?? network } }),
      ...(account && { mqtt: account }),
    };
  }

  async #enrol(site: string, relay: SetupRequest['relay']): Promise<string | undefined> {
    if (!relay || !('code' in relay)) return undefined;
    try {
      return await this.options.enrol?.(site, relay.code);
    } catch (cause) {
      const message = messageOf(cause);
      throw new ProblemError('invalid_parameter', `relay.code: ${message}`, {
        errors: [{ path: 'relay.code', message }],
        cause,
      });
    }
  }

  /** A set-up that was interrupted may have created the user. */
  async #createAdministrator(name: string, password: string): Promise<void> {
    const { users } = this.options;
    if (!(await users.find(name))) return users.create(name, 'admin', password);
    await users.setPassword(name, password);
    await users.setRole(name, 'admin', { force: true });
  }

  async #isNeeded(): Promise<boolean> {
    const { dataFolder, given, isUnwanted, users, tokens } = this.options;
    if (isUnwanted || given.settings.site !== undefined) return false;
    const file = readSetupFile(dataFolder);
    if (file) return !file.isComplete;
    const named = (await tokens.list()).filter(({ name }) => name !== 'admin');
    return named.length === 0 && !(await users.exist());
  }

  get #fixedHost(): unknown {
    return objectAt(this.options.given.settings, 'http').host;
  }

  #url(host: string): string {
    const { port } = this.options.address();
    return lanUrl({ host, port }, this.options.isHttps ? 'https' : 'http');
  }

  get #codeFile(): string {
    return join(this.options.dataFolder, CODE_FILE);
  }

  async #writeCode(text: string): Promise<void> {
    try {
      await writeFile(this.#codeFile, text, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      this.options.log.warn({ error: messageOf(error) }, 'set-up code not stored');
    }
  }
}

const isSetUp = () => new ProblemError('not_found', 'The appliance is set up already.');

const HOSTS: Record<string, string> = { 'this-machine': '127.0.0.1', lan: '0.0.0.0' };

async function refuseWeak(password: string, names: string[]): Promise<void> {
  const fault = await passwordFault(password, names);
  if (fault === undefined) return;
  throw new ProblemError('password_refused', `The password ${fault}.`, {
    errors: [{ path: 'administrator.password', message: fault }],
  });
}

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, scopeid, family }) => !internal && (family === 'IPv4' || scopeid === 0))
    .map(({ address }) => address);
