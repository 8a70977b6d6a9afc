import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { type AptRoot, aptRoot } from '../../support/apt-root.js';
import { PASSWORD } from '../../support/console-edge.js';
import { logInOn, openPage, seriousFindings } from '../../support/console-page.js';
import { type RunningEdge, startEdge } from '../../support/edge.js';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/free-port.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** An appliance that root's part upgrades, where the test is the service manager. */
async function upgradable(t: ExecutionContext, root: AptRoot) {
  const dataFolder = await temporaryFolder(t);
  const settings = [`http.port=${await freePort()}`];
  const { places } = root;
  let edge: RunningEdge | undefined;
  const start = async (version: string) => {
    const upgrades = { installation: 'package' as const, version, places };
    edge = await startEdge(settings, { dataFolder, upgrades });
    return edge;
  };
  t.teardown(() => edge?.stop());
  const requested = (file: string) =>
    eventually(file, () => existsSync(join(places.requests, file)));
  return {
    start,
    /** Answers a request for a look. */
    async look() {
      await requested('upgrade-check');
      root.run();
    },
    /** Answers a request for an upgrade, while the service is away. */
    async upgrade(version: string) {
      await requested('upgrade-install');
      await edge?.stop();
      // The folder of requests would go with the service; root's part has seen the request.
      await root.write('run/siteglass-edge/upgrade-install', '');
      root.run();
      await start(version);
    },
  };
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

async function upgradeTo(page: Page, version: string): Promise<void> {
  await button(page, `Upgrade to ${version}`).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('returns to the installed one automatically').waitFor();
  await dialog.getByRole('button', { name: 'Upgrade', exact: true }).click();
  await page.getByRole('progressbar', { name: 'The appliance is being upgraded' }).waitFor();
}

test('an administrator looks for a version and upgrades; the page goes on over the restart', async (t) => {
  t.timeout(180_000);
  const root = await aptRoot(t);
  root.publish(['1', '2']);
  const appliance = await upgradable(t, root);
  const edge = await appliance.start('1');
  await edge.access.users.create('ada', 'admin', PASSWORD);
  const { page, complaints } = await openPage(t, `${edge.url}/system`);
  await logInOn(page, 'ada', PASSWORD);
  await page.getByText('apt knows no repository of Siteglass').waitFor();
  await page.getByLabel('Command').first().waitFor();
  t.deepEqual(await seriousFindings(page), []);

  await root.connect();
  await button(page, 'Look for a newer version').click();
  await appliance.look();
  await button(page, 'Upgrade to 2').waitFor();
  await page.getByRole('navigation').first().getByTitle('Version 2 is there').waitFor();
  t.deepEqual(await seriousFindings(page), []);

  await upgradeTo(page, '2');
  await appliance.upgrade('2');
  await page.getByText('Upgraded from 1 to 2.').waitFor({ timeout: 60_000 });
  await button(page, 'Load the page of the new version').click();
  await page.getByText('Upgraded from 1 to 2.').waitFor();
  await button(page, 'Load the page of the new version').waitFor({ state: 'detached' });
  t.deepEqual(await seriousFindings(page), []);

  root.publish(['2', '3broken']);
  await button(page, 'Look for a newer version').click();
  await appliance.look();
  await root.write('active', 'failed\n');
  await upgradeTo(page, '3broken');
  await appliance.upgrade('2');
  await page
    .getByText(/3broken did not run; 2 is back: .*broken on purpose/)
    .waitFor({ timeout: 60_000 });
  await page.getByText('What apt printed').click();
  t.deepEqual(await seriousFindings(page), []);
  t.deepEqual(
    complaints.filter((line) => !/net::ERR_|status of 503/.test(line)),
    [],
  );
});
