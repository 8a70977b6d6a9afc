import type { Page } from 'playwright-core';
import type { UpgradeResource } from '../../core/contract/upgrade.js';
import { Problem } from '../../scripts/lib/problem.mjs';
import { type Checks, expect } from './checklist.js';
import { inChromium, setUpByPage } from './chromium.js';
import { look, visitSystemPage } from './system-page.js';
import type { Repositories } from './upgrade-packages.js';
import { EDGE, RELAY, type WalkPrograms, walkMachine } from './walk-machine.js';

/** Where the machine serves itself the repository of the moment: /srv/repository, by Debian's Node.js. */
export const REPOSITORY_URL = 'http://127.0.0.1:8888';
const SERVER = `
  const { createServer } = require('node:http');
  const { createReadStream, statSync } = require('node:fs');
  createServer((request, response) => {
    const file = '/srv/repository' + decodeURIComponent(request.url.replace(/[/]+/g, '/'));
    try {
      response.writeHead(200, { 'Content-Length': statSync(file).size });
      createReadStream(file).pipe(response);
    } catch { response.writeHead(404).end(); }
  }).listen(8888, '127.0.0.1');`;
const SOURCES = '/etc/apt/sources.list.d/siteglass.sources';
const REQUESTS = '/run/siteglass-edge';
const REPORTS = '/var/lib/siteglass-edge-upgrade';
/** Fills the outbox, as no broker listens there. */
const CONFIGURATION = `mqtt: { url: mqtt://127.0.0.1:9 }
cameras:
  - { id: street, kind: folder, path: /srv/samples, loop: true, schedule: '* * * * * *' }
`;
const DEADLINE_MS = 240_000;
/** Describes what requests of the service must not lead to. */
const FOREIGN = 'cat /etc/shadow /etc/passwd | sha256sum; ls -lA --full-time /srv/samples';

interface Parts extends WalkPrograms {
  work: string;
  repositories: () => Repositories;
}

/** Upgrades by the console, in a machine with /root/edge.deb and the repositories in /srv/repositories. */
export function upgradeChecks({ work, repositories, ...programs }: Parts): Checks {
  const { edge } = programs;
  const { machine } = edge;
  const walk = walkMachine(programs);
  const at = { installed: '', images: [''], waiting: [''] };
  const publish = (name: string) =>
    machine.run(
      `rm -rf /srv/repository && cp -a /srv/repositories/${name} /srv/repository && rm -rf ${REPORTS}/looked`,
    );
  const state = () =>
    JSON.parse(
      machine.run(
        `curl --silent --show-error --fail --header "Authorization: Bearer $(cat /root/token)" ${edge.url}/api/v1/system/upgrade`,
      ),
    ) as UpgradeResource;
  const waiting = () =>
    edge.query<string[]>(
      `database.prepare('select seq || payload as row from outbox order by seq').pluck().all()`,
    );
  const remember = () => {
    [at.installed, at.images, at.waiting] = [edge.version(), walk.images(), waiting()];
  };
  /** Throws if an image or a summary from before is missing. */
  const kept = () => {
    const [images, summaries] = [new Set(walk.images()), new Set(waiting())];
    const lost = [
      ...at.images.filter((id) => !images.has(id)),
      ...at.waiting.filter((row) => !summaries.has(row)),
    ];
    expect(lost.length === 0, 'all images and summaries from before', `${lost.length} less`);
    return `${at.images.length} images and ${at.waiting.length} summaries as before`;
  };
  const onSystemPage = (visit: (page: Page) => Promise<string>) =>
    inChromium(machine, work, (context) => visitSystemPage(context, visit));
  /** Starts an upgrade on the page, and waits for the sentence that says what became of it. */
  const byButton = (version: string, sentence: RegExp) =>
    onSystemPage(async (page) => {
      const began = Date.now();
      await look(page);
      await page.getByRole('button', { name: `Upgrade to ${shown(version)}` }).click();
      await page.getByRole('dialog').getByText('the database are copied first').waitFor();
      await page.getByRole('dialog').getByRole('button', { name: 'Upgrade', exact: true }).click();
      await page.getByRole('progressbar', { name: 'The appliance is being upgraded' }).waitFor();
      const result = page.getByText(sentence);
      await result.waitFor({ timeout: DEADLINE_MS });
      const seconds = Math.round((Date.now() - began) / 1_000);
      return `“${await result.textContent()}” ${seconds} s after the page was opened`;
    });

  return {
    'upgrade: install and set up': () => {
      machine.addAddresses([EDGE, RELAY]);
      edge.install('/root/edge.deb');
      machine.run(`systemd-run --quiet --unit=repository node -e "$(cat)"`, { input: SERVER });
      return inChromium(machine, work, async (context) => {
        await edge.untilReady();
        const { found } = await setUpByPage(context, walk.firstRun());
        machine.run('cat >> /etc/siteglass/edge.yaml && systemctl restart siteglass-edge', {
          input: CONFIGURATION,
        });
        await edge.untilReady();
        machine.run('siteglass-edge token add checks --role admin > /root/token');
        const units = machine.run(
          'systemctl is-enabled siteglass-edge-upgrade.path siteglass-edge-upgrade.timer; systemctl is-active siteglass-edge-upgrade.path siteglass-edge-upgrade.timer',
        );
        expect(units === 'enabled\nenabled\nactive\nactive', 'enabled and active units', units);
        return `${edge.version()}: ${found}; path and timer are enabled and active`;
      });
    },
    'upgrade: without a repository': () =>
      onSystemPage(async (page) => {
        await page.getByText('apt knows no repository of Siteglass').waitFor();
        const { obstacle, newest } = state();
        expect(newest === null && obstacle?.command, 'a command', JSON.stringify(obstacle));
        return `“${obstacle.reason} ${obstacle.advice}” ${obstacle.command}`;
      }),
    'upgrade: by the button': async () => {
      const { newer } = repositories();
      publish('newer');
      machine.run(`cp /srv/repository/siteglass.sources ${SOURCES}`);
      remember();
      const said = await byButton(newer, /Upgraded from .* to .*/);
      expect(edge.version() === newer, newer, edge.version());
      await edge.untilReady();
      return `${said}; ${kept()}; ${away()}`;
    },
    'upgrade: a version that does not run': async () => {
      const { broken, newer } = repositories();
      publish('broken');
      remember();
      const said = await byButton(broken, / did not run; .* is back: /);
      expect(edge.version() === newer, newer, edge.version());
      await edge.untilReady();
      return `${said}; ${kept()}`;
    },
    'upgrade: a repository signed by another key': () =>
      refusedLook('forged', 'not signed by the key'),
    'upgrade: a package that is not the signed one': async () => {
      const { next } = repositories();
      publish('changed');
      remember();
      const said = await byButton(next, /The upgrade to .* failed: .*signed list/);
      expect(edge.version() === at.installed, at.installed, edge.version());
      return said;
    },
    'upgrade: the repository is away': () => {
      publish('next');
      machine.run('systemctl stop repository');
      return refusedLook('next', 'cannot be reached').finally(() =>
        machine.run(`systemd-run --quiet --unit=repository node -e "$(cat)"`, { input: SERVER }),
      );
    },
    'upgrade: a version that apt-mark holds': () => {
      publish('next');
      machine.run('apt-mark hold siteglass-edge');
      return onSystemPage(async (page) => {
        await look(page);
        await page.getByText('apt-mark holds a package of Siteglass that is installed.').waitFor();
        const status = machine.run(
          `curl --silent --output /root/answer --write-out '%{http_code}' --request POST --header "Authorization: Bearer $(cat /root/token)" ${edge.url}/api/v1/system/upgrade; cat /root/answer`,
        );
        expect(/^409.*unhold/s.test(status), '409 with the command', status);
        machine.run('apt-mark unhold siteglass-edge');
        return 'refused, with the command that allows it';
      });
    },
    'upgrade: units that do not run': () => {
      // The timer answers a request too: two minutes after the boot, for example.
      machine.run('systemctl stop siteglass-edge-upgrade.path siteglass-edge-upgrade.timer');
      return onSystemPage(async (page) => {
        await page.getByRole('button', { name: 'Look for a newer version' }).click();
        const text = page.getByText(/Nothing happened within \d+ s/);
        await text.waitFor({ timeout: 60_000 });
        const left = machine.run(`ls -A ${REQUESTS}`);
        expect(left === '', 'no request that is left', left);
        machine.run('systemctl start siteglass-edge-upgrade.path siteglass-edge-upgrade.timer');
        return `“${await text.textContent()}”`;
      });
    },
    'upgrade: what the service may not do': async () => {
      const as = `setpriv --reuid=siteglass-edge --regid=siteglass-edge --clear-groups --no-new-privs -- sh -c`;
      const before = machine.run(FOREIGN);
      // Nothing is newer there.
      publish('newer');
      const handled = async (script: string) => {
        machine.run(`${as} '${script}'`);
        await machine.until(`test -z "$(ls -A ${REQUESTS})"`, `an end of: ${script}`, 60_000);
      };
      await handled(`ln -s /etc/shadow ${REQUESTS}/upgrade-check`);
      await handled(
        `mkdir ${REQUESTS}/upgrade-install && ln -s /srv/samples ${REQUESTS}/upgrade-install/samples && chmod 0 ${REQUESTS}/upgrade-install`,
      );
      await handled(`ln -s /srv/samples ${REQUESTS}/upgrade-check`);
      const after = machine.run(FOREIGN);
      expect(before === after, before, after);
      const { last } = state();
      expect(/no version is newer/.test(last?.fault?.reason ?? ''), 'none', JSON.stringify(last));
      for (const script of [
        `echo x > ${REPORTS}/check`,
        `mv ${REPORTS}/check ${REPORTS}/other`,
        'systemctl start siteglass-edge-upgrade',
        'apt-get install --yes siteglass-edge',
      ])
        expect(machine.try(`${as} '${script}'`).status !== 0, `a refusal of: ${script}`, 'none');
      return 'links and folders in place of a request are removed and not followed; no report can be written';
    },
    'upgrade: requests without end': () => {
      const runs = `journalctl --unit siteglass-edge-upgrade --grep '^Starting|^Finished' --output cat | grep -c Finished`;
      const before = Number(machine.run(runs));
      machine.run(
        `setpriv --reuid=siteglass-edge --regid=siteglass-edge --clear-groups -- timeout 30 sh -c 'while :; do : > ${REQUESTS}/upgrade-check; sleep 0.05; done' || true`,
      );
      const count = Number(machine.run(runs)) - before;
      expect(count >= 2 && count <= 8, '2 to 8 runs', count);
      const unit = machine.run('systemctl is-active siteglass-edge-upgrade.path');
      expect(unit === 'active', 'a path unit that still works', unit);
      return `${count} runs in 30 s of requests`;
    },
    'upgrade: killed in the middle': async () => {
      const { next } = repositories();
      publish('next');
      await untilNewest(next);
      remember();
      machine.run(
        `curl --silent --fail --request POST --header "Authorization: Bearer $(cat /root/token)" ${edge.url}/api/v1/system/upgrade`,
      );
      // In the machine, since dpkg may change the package in less time than passes between two looks from here.
      const kill = machine.try(
        `timeout 120 sh -c 'while dpkg --status siteglass-edge | grep -q "ok installed$"; do sleep 0.02; done' &&
        systemctl kill --kill-whom=all --signal=KILL siteglass-edge-upgrade`,
      );
      if (kill.status !== 0)
        throw new Problem(`dpkg did not begin: ${JSON.stringify(state().last)} ${kill.errors}`);
      machine.run('systemctl start siteglass-edge-upgrade', { timeoutMs: DEADLINE_MS });
      expect(edge.version() === next, next, edge.version());
      await edge.untilReady();
      const { last } = state();
      expect(last?.outcome === 'upgraded', 'upgraded', JSON.stringify(last));
      return `completed by the next run; ${kept()}`;
    },
    'upgrade: purge during a look': () => {
      machine.run('systemctl start --no-block siteglass-edge-upgrade && sleep 1');
      machine.run(
        `DEBIAN_FRONTEND=noninteractive apt-get purge --yes siteglass-edge 2>&1; rm ${SOURCES}; apt-get clean; rm -rf /var/lib/apt/lists/*`,
      );
      const left = edge.traces();
      expect(left === '', 'nothing', left);
      return 'nothing remains';
    },
  };

  async function refusedLook(repository: string, reason: string): Promise<string> {
    publish(repository);
    remember();
    return onSystemPage(async (page) => {
      await look(page);
      const text = page.getByText(reason).first();
      await text.waitFor({ timeout: 60_000 });
      expect(edge.version() === at.installed, at.installed, edge.version());
      return `“${await text.textContent()}”; ${at.installed} stays`;
    });
  }

  async function untilNewest(version: string): Promise<void> {
    // A run that has looked already would be taken for the one that is started here.
    await machine.until(
      `test "$(systemctl show --value --property=ActiveState siteglass-edge-upgrade)" = inactive`,
      'an end of the run before',
      60_000,
    );
    machine.run('systemctl start siteglass-edge-upgrade');
    expect(state().newest === shown(version), shown(version), JSON.stringify(state()));
  }

  function away(): string {
    const since = (name: string) => Number(edge.show(`${name}TimestampMonotonic`));
    return `${((since('ActiveEnter') - since('InactiveEnter')) / 1e6).toFixed(1)} s without service`;
  }
}

const shown = (version: string): string => version.replaceAll('~', '-');
