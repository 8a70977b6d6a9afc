import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type LastUpgrade,
  type UpgradeAdvice,
  type UpgradeResource,
  upgradePhaseSchema,
} from '../../../core/contract/upgrade.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import { installationKind } from '../../../core/runtime/installation.js';
import type { Service } from '../../../core/runtime/lifecycle.js';
import { programVersion } from '../../../core/runtime/program-version.js';
import { upgradeAdvice } from './upgrade-advice.js';
import { readReport, type UpgradeReport } from './upgrade-reports.js';

/** Where the service and root's part of an upgrade meet (systemd/siteglass-edge-upgrade.*). */
export interface UpgradePlaces {
  /** The service writes here, and root removes it. */
  requests: string;
  /** Root reports here. */
  reports: string;
  /** Exists while root's part runs. */
  running: string;
  /** The repository, as root has given it to apt. */
  source: string;
}

export const UPGRADE_PLACES: UpgradePlaces = {
  requests: '/run/siteglass-edge',
  reports: '/var/lib/siteglass-edge-upgrade',
  running: '/run/siteglass-edge-upgrade',
  source: '/etc/apt/sources.list.d/siteglass.sources',
};

export interface UpgradeParts {
  /** How this program was installed. */
  installation: UpgradeResource['installation'];
  /** Of this program. */
  version: string;
  places: UpgradePlaces;
  /** After this time without a reaction, a request is withdrawn. */
  patienceMs: number;
}

type Wish = 'check' | 'upgrade';

interface Asked {
  wish: Wish;
  /** Of the report that will have the answer, before it. */
  edition: string | undefined;
}

const PATIENCE_MS = 15_000;
const FILES: Record<Wish, string> = { check: 'upgrade-check', upgrade: 'upgrade-install' };

/** Asks root's part for an upgrade, and reads what it reports. The service itself may install nothing. */
export class Upgrades implements Service {
  readonly name = 'upgrades';
  readonly #parts: UpgradeParts;
  #asked: Asked | undefined;
  #patience: NodeJS.Timeout | undefined;
  /** The report that root's part had written when it did not react; another one shows that it works again. */
  #silentSince: Asked['edition'] | null = null;

  constructor(parts: Partial<UpgradeParts> = {}) {
    this.#parts = {
      ...{ installation: installationKind(), version: programVersion() },
      ...{ places: UPGRADE_PLACES, patienceMs: PATIENCE_MS },
      ...parts,
    };
  }

  async start(): Promise<void> {
    this.#withdraw();
  }

  async stop(): Promise<void> {
    this.#withdraw();
  }

  view(): UpgradeResource {
    const { installation, version } = this.#parts;
    const check = this.#checkReport();
    const upgrade = this.#report('upgrade');
    const isUpgrading = upgrade?.fields.state === 'running' && this.#isRunning;
    const wish = this.#waitsFor();
    const { problem = '', reason = '', candidate = '' } = check?.fields ?? {};
    const newest = shown(candidate);
    return {
      status: 'OK',
      installation,
      installed: version,
      newest: newest === '' || newest === version ? null : newest,
      checkedAt: instantOf(check?.fields.at),
      problem: problem === '' || problem === 'no-source' ? null : upgradeAdvice(problem, reason),
      running: isUpgrading ? 'upgrade' : (wish ?? null),
      phase: isUpgrading ? phaseOf(upgrade) : wish ? 'asked' : null,
      obstacle: this.#obstacle(check) ?? null,
      last: upgrade && !isUpgrading ? lastOf(upgrade) : null,
    };
  }

  /** Asks for a look at the repository. */
  check(): UpgradeResource {
    const { running, obstacle } = this.view();
    if (running === null) {
      if (obstacle && !this.#isPackage) throw refused(obstacle);
      this.#ask('check');
    }
    return this.view();
  }

  /** Asks for the newest version. */
  upgrade(): UpgradeResource {
    const { running, obstacle, newest } = this.view();
    if (running !== null)
      throw new ProblemError('upgrade_refused', `The ${running} before is still under way.`);
    if (obstacle) throw refused(obstacle);
    if (newest === null)
      throw new ProblemError('upgrade_refused', 'No newer version is known. Look for one first.');
    this.#ask('upgrade');
    return this.view();
  }

  get #isPackage(): boolean {
    return this.#parts.installation === 'package' && existsSync(this.#parts.places.requests);
  }

  get #isRunning(): boolean {
    return existsSync(this.#parts.places.running);
  }

  get #isSilent(): boolean {
    return this.#silentSince !== null && this.#silentSince === this.#report('check')?.edition;
  }

  #report(name: 'check' | 'upgrade'): UpgradeReport | undefined {
    return this.#parts.installation === 'package'
      ? readReport(this.#parts.places.reports, name)
      : undefined;
  }

  /** One about another version, from before an upgrade by hand, says nothing about this one. */
  #checkReport(): UpgradeReport | undefined {
    const report = this.#report('check');
    return shown(report?.fields.installed ?? '') === this.#parts.version ? report : undefined;
  }

  #obstacle(check: UpgradeReport | undefined): UpgradeAdvice | undefined {
    const { installation } = this.#parts;
    const { requests, source } = this.#parts.places;
    if (installation === 'container')
      return upgradeAdvice('container', 'A container does not change its own image.');
    if (installation === 'source')
      return upgradeAdvice('source', 'The program runs from its source, not from a package.');
    if (!existsSync(requests))
      return upgradeAdvice('no-unit', `The service has no folder ${requests} for its requests.`);
    if (!existsSync(source))
      return upgradeAdvice('no-source', `apt knows no repository of Siteglass (${source}).`);
    if (this.#isSilent)
      return upgradeAdvice(
        'no-reaction',
        `Nothing happened within ${this.#parts.patienceMs / 1_000} s: the units that upgrade do not run.`,
      );
    if (check?.fields.held === 'yes')
      return upgradeAdvice('held', 'apt-mark holds a package of Siteglass that is installed.');
    return undefined;
  }

  /** What was asked for and has no answer yet. */
  #waitsFor(): Wish | undefined {
    const asked = this.#asked;
    if (asked && this.#report(asked.wish)?.edition !== asked.edition) this.#answered();
    return this.#asked?.wish;
  }

  #ask(wish: Wish): void {
    const edition = this.#report(wish)?.edition;
    closeSync(openSync(join(this.#parts.places.requests, FILES[wish]), 'w', 0o600));
    this.#silentSince = null;
    this.#asked = { wish, edition };
    this.#waitForReaction();
  }

  #waitForReaction(): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      if (this.#waitsFor() === undefined) return;
      if (this.#isRunning) return this.#waitForReaction();
      this.#withdraw();
      this.#silentSince = this.#report('check')?.edition;
    }, this.#parts.patienceMs);
    this.#patience.unref();
  }

  #answered(): void {
    clearTimeout(this.#patience);
    this.#asked = undefined;
  }

  /** Takes back what root has not begun, so that it does not begin at a time when nobody expects it. */
  #withdraw(): void {
    this.#answered();
    if (this.#parts.installation !== 'package') return;
    for (const file of Object.values(FILES))
      rmSync(join(this.#parts.places.requests, file), { force: true, recursive: true });
  }
}

/** As the program names its own version; Debian has `~` where npm has `-`. */
const shown = (version: string): string => version.replaceAll('~', '-');

const instantOf = (text = ''): string | null =>
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(text) ? text : null;

const phaseOf = ({ fields }: UpgradeReport) =>
  upgradePhaseSchema.safeParse(fields.phase).data ?? 'installing';

const OUTCOMES = ['upgraded', 'returned', 'failed'] as const;

function lastOf({ fields, output }: UpgradeReport): LastUpgrade {
  const { state, from = '', to = '', started, finished, problem = '', reason = '' } = fields;
  return {
    outcome: OUTCOMES.find((outcome) => outcome === state) ?? 'interrupted',
    from: shown(from),
    to: shown(to) || null,
    startedAt: instantOf(started),
    finishedAt: instantOf(finished),
    fault: problem === '' ? null : upgradeAdvice(problem, reason),
    output,
  };
}

const refused = ({ reason, advice, command }: UpgradeAdvice): ProblemError =>
  new ProblemError('upgrade_refused', [reason, advice, command].filter(Boolean).join(' '));
