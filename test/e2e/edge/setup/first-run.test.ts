import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Browser } from 'playwright-core';
import type { SetupState } from '../../../../edge/setup/setup-contract.js';
import { launchChromium } from '../../../support/console-page.js';
import { eventually } from '../../../support/eventually.js';
import { freePort } from '../../../support/free-port.js';
import { type RunningProgram, runProgram, urlOf } from '../../../support/program.js';
import { renderScene } from '../../../support/render-scene.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const PASSWORD = 'violet tram under rain';

interface Fresh {
  program: RunningProgram;
  url: string;
  dataFolder: string;
  code: string;
}

/** An appliance as on its first start: nothing but a data folder and a port are configured. */
async function firstStart(t: ExecutionContext, yaml = ''): Promise<Fresh> {
  const dataFolder = await temporaryFolder(t);
  const file = join(dataFolder, 'edge.yaml');
  const port = await freePort();
  const settings = `dataFolder: ${dataFolder}\ndetection: { workers: 1 }\nimages: { minFreeMegabytes: 0 }\n`;
  await writeFile(file, settings + yaml);
  const program = runProgram(t, 'edge', ['-c', file, '--set', `http.port=${port}`]);
  const { msg } = await program.logged(({ component }) => component === 'set-up');
  const code = /code ([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(msg)?.[1] ?? '';
  return { program, url: await urlOf(program), dataFolder, code };
}

const starts = ({ log }: RunningProgram) => log.filter(({ msg }) => msg === 'started').length;

const call = (url: string, code: string, body?: unknown) =>
  fetch(`${url}/api/v1/setup`, {
    headers: { 'Setup-Code': code, 'Content-Type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });

const administrator = { name: 'ada', password: PASSWORD };

async function launch(t: ExecutionContext): Promise<Browser> {
  const browser = await launchChromium();
  t.teardown(() => browser.close());
  return browser;
}

test('a browser sets a fresh appliance up, on a phone, to the first detection', async (t) => {
  const { program, url, dataFolder, code } = await firstStart(t);
  const { jpeg } = await renderScene({
    width: 640,
    height: 360,
    seed: 1,
    signs: [{ cx: 200, cy: 150, size: 110 }],
  });
  const photo = join(await temporaryFolder(t), 'photo.jpg');
  await writeFile(photo, jpeg);
  const browser = await launch(t);
  const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));

  const response = await page.goto(url);
  t.is(page.url(), `${url}/setup`, 'the start page leads to the set-up');
  const policy = response?.headers()['content-security-policy'] ?? '';
  t.regex(policy, /default-src 'none'/);
  t.notRegex(policy, /unsafe/);
  t.notRegex(await page.content(), /<style|style=|onclick=|<script>/);
  const [opened] = await Promise.all([page.title(), page.fill('#code', code.toLowerCase())]);
  t.is(opened, 'Set up Siteglass');
  await page.click('#code-form button');
  await page.waitForSelector('#setup-form:not([hidden])');
  const width = await page.evaluate('document.documentElement.scrollWidth');
  t.true(Number(width) <= 360, `${width} pixels wide`);
  const unlabelled = await page.evaluate(
    "[...document.querySelectorAll('input, select')].filter((e) => e.labels.length === 0).map((e) => e.id)",
  );
  t.deepEqual(unlabelled, []);

  await page.fill('#site', 'harbour');
  await page.fill('#name', 'ada');
  await page.fill('#password', PASSWORD);
  await page.fill('#repeated', PASSWORD);
  await page.selectOption('#network', 'this-machine');
  await page.click('#setup-form button[type=submit]');
  await page.waitForSelector('#done:not([hidden])', { timeout: 90_000 });
  await page.setInputFiles('#image', photo);
  await page.click('#try-form button');
  await page.waitForSelector('#detections li', { timeout: 60_000 });
  t.regex((await page.textContent('#detections')) ?? '', /^stop sign, confidence 0\.\d\d/);
  // Not waitForFunction, which the page's policy forbids unless its first try succeeds.
  await page.evaluate("document.querySelector('#processed').decode()");
  t.deepEqual(faults, [], 'no error in the console');

  t.is(starts(program), 2, 'the services restarted in the same process');
  t.is((await stat(join(dataFolder, 'set-up.json'))).mode & 0o777, 0o600);
  t.false(existsSync(join(dataFolder, 'set-up-code')));
  const setUp = JSON.parse(await readFile(join(dataFolder, 'set-up.json'), 'utf8'));
  t.deepEqual(setUp, {
    isComplete: true,
    settings: { site: 'harbour', http: { host: '127.0.0.1' } },
  });
  t.notRegex(program.lines.join('\n'), new RegExp(PASSWORD));
});

test('the page says that nobody, or somebody else, answers, and goes on when tried again', async (t) => {
  const { url, code } = await firstStart(t);
  const page = await (await launch(t)).newPage();
  await page.goto(url);
  await page.fill('#code', code);
  const fault = async () => {
    await page.click('#code-form button');
    await page.waitForSelector('#fault:not(:empty)');
    return page.textContent('#fault');
  };
  await page.route('**/api/v1/**', (route) => route.abort());
  t.regex((await fault()) ?? '', /^Siteglass does not answer\. Check/);
  await page.unrouteAll();
  await page.route('**/api/v1/**', (route) =>
    route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }),
  );
  t.regex((await fault()) ?? '', /^Something other than Siteglass answered \(HTTP 502\)/);
  await page.unrouteAll();
  await page.click('#code-form button');
  await page.waitForSelector('#setup-form:not([hidden])');
  t.is(await page.textContent('#fault'), '');
});

test('the set-up closes when somebody adds a user while it is offered, also for the right code', async (t) => {
  const { url, dataFolder, code } = await firstStart(t);
  t.is((await call(url, code)).status, 200);
  const token = (await readFile(join(dataFolder, 'admin-token'), 'utf8')).trim();
  const added = await fetch(`${url}/api/v1/users`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'ada', role: 'viewer', password: PASSWORD }),
  });
  t.is(added.status, 201);
  const body = { site: 'depot-7', network: 'lan', administrator };
  t.is((await call(url, code, body)).status, 404, 'ada stays a viewer');
  t.false(existsSync(join(dataFolder, 'set-up.json')));
  t.false(existsSync(join(dataFolder, 'set-up-code')));
});

test('REST calls with the code set a fresh appliance up, once', async (t) => {
  const { program, url, code } = await firstStart(t);
  const state = (await (await call(url, code)).json()) as SetupState;
  t.deepEqual([state.site, state.network.fixed], [{ value: null, fixed: false }, false]);
  t.regex(state.fingerprint ?? '', /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);

  for (const [body, status, path] of [
    [{ administrator, network: 'lan' }, 400, 'site'],
    [{ site: 'depot-7', administrator }, 400, 'network'],
    [{ site: 'Depot 7', administrator, network: 'lan' }, 400, 'site'],
    [{ site: 'depot-7', administrator, network: 'everyone' }, 400, 'network'],
    [
      { ...{ site: 'depot-7', network: 'lan' }, administrator: { name: 'ada', password: 'short' } },
      422,
    ],
    [
      {
        ...{ site: 'depot-7', network: 'lan' },
        administrator: { name: 'ada', password: 'passwordpassword' },
      },
      422,
    ],
    [
      {
        ...{ site: 'depot-7', network: 'lan' },
        administrator: { name: 'ada', password: 'of depot-7 only' },
      },
      422,
    ],
    [{ site: 'depot-7', administrator, network: 'lan', relay: { url: 'http://relay' } }, 400],
    [{ site: 'depot-7', administrator, network: 'lan', other: 1 }, 400],
  ] as const) {
    const answer = await call(url, code, body);
    const text = await answer.text();
    t.is(answer.status, status, `${JSON.stringify(body)}: ${text}`);
    if (path) t.true(text.includes(path), text);
  }

  const done = await call(url, code, { site: 'depot-7', administrator, network: 'this-machine' });
  t.is(done.status, 200);
  t.is((await call(url, code, { site: 'x', administrator, network: 'lan' })).status, 404);
  await eventually('the services restarted', () => starts(program) === 2);
  t.is((await call(url, code)).status, 404, 'the set-up is over');
  t.is((await fetch(`${url}/setup`, { redirect: 'manual' })).status, 302);
  const log = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ user: 'ada', password: PASSWORD }),
  });
  t.is(log.status, 200);
  const cookie = log.headers.get('set-cookie')?.split(';')[0] ?? '';
  const site = await fetch(`${url}/api/v1/site`, { headers: { cookie } });
  t.is(((await site.json()) as { site: string }).site, 'depot-7');
});

test('wrong codes are bounded for each network, and the right one counts no more either', async (t) => {
  const { url, code } = await firstStart(t);
  t.is((await call(url, '')).status, 401);
  const tries = await Promise.all(Array.from({ length: 50 }, () => call(url, '2222-2222')));
  const counts = tries.map(({ status }) => status);
  t.true(counts.includes(429));
  const refused = await call(url, code);
  t.is(refused.status, 429);
  t.true(Number(refused.headers.get('retry-after')) >= 1);
});

test('what the configuration has comes first, and cannot be changed by the set-up', async (t) => {
  const { program, url, code } = await firstStart(
    t,
    'http: { host: 127.0.0.1 }\nmqtt: { url: "mqtt://127.0.0.1:1" }\n',
  );
  const state = (await (await call(url, code)).json()) as SetupState;
  t.deepEqual(state.network, { value: '127.0.0.1', fixed: true });
  t.deepEqual(state.relay, { value: 'mqtt://127.0.0.1:1', fixed: true });
  t.regex(state.configuration ?? '', /edge\.yaml$/);
  const relay = { url: 'mqtts://elsewhere', password: 'p' };
  t.is((await call(url, code, { site: 'a', administrator, network: 'lan' })).status, 400);
  t.is((await call(url, code, { site: 'a', administrator, relay })).status, 400);
  t.is((await call(url, code, { site: 'a', administrator })).status, 200);
  await eventually('the services restarted', () => starts(program) === 2);
  t.is(await program.end(), 0);
});

test('an appliance whose site is configured is not offered for set-up', async (t) => {
  const dataFolder = await temporaryFolder(t);
  await writeFile(join(dataFolder, 'set-up-code'), 'of a start that crashed');
  const settings = [
    `dataFolder=${dataFolder}`,
    'http.port=0',
    'site=depot-7',
    'detection.workers=1',
  ];
  const program = runProgram(
    t,
    'edge',
    settings.flatMap((setting) => ['--set', setting]),
  );
  const url = await urlOf(program);
  await program.logged(({ msg }) => msg === 'started');
  t.is((await call(url, 'AAAA-AAAA')).status, 404);
  t.false(program.log.some(({ component }) => component === 'set-up'));
  t.false(existsSync(join(dataFolder, 'set-up-code')), 'what a former start left is removed');
});
