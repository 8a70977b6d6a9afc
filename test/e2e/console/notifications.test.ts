import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { NotificationMessage } from '../../../core/contract/notification-delivery.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { startReceiver } from '../../fakes/webhook-receiver.js';
import { logInOn, openPage, seriousFindings } from '../../support/console-page.js';
import { startEdge } from '../../support/edge.js';
import { eventually } from '../../support/eventually.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PASSWORD = 'violet tram under rain';
const EMPTY = '1-empty-street.jpg';
const SIGN = '3-sign-near.jpg';

/** An appliance whose camera shows what the test puts before it. */
async function setUp(t: ExecutionContext, more: string[] = []) {
  const folder = join(await temporaryFolder(t), 'street');
  await mkdir(folder, { recursive: true });
  const tracking = 'sightings: { appearAfter: 1, within: 1, leaveAfter: 1 }';
  const edge = await startEdge([
    `cameras=[{ id: street, name: Street, kind: folder, path: ${folder}, loop: true, schedule: "0 0 0 1 1 *", ${tracking} }]`,
    ...more,
  ]);
  t.teardown(edge.stop);
  await edge.access.users.create('ada', 'admin', PASSWORD);
  const headers = { Authorization: `Bearer ${edge.adminToken}` };
  const show = async (...names: string[]) => {
    for (const name of names) {
      await rm(join(folder, 'now.jpg'), { force: true });
      await copyFile(join(projectRoot(), 'samples', name), join(folder, 'now.jpg'));
      const url = `${edge.url}/api/v1/cameras/street/snapshot`;
      t.is((await fetch(url, { method: 'POST', headers })).status, 200);
    }
  };
  return { edge, show };
}

test('a webhook is made and tried on the page, and gets its messages although it is down for a while', async (t) => {
  t.timeout(180_000);
  const receiver = await startReceiver(t);
  const { edge, show } = await setUp(t);
  const { page, complaints } = await openPage(t, `${edge.url}/notifications`);
  await logInOn(page, 'ada', PASSWORD);
  await page.getByText('Get a message when something happens').waitFor();
  t.deepEqual(await seriousFindings(page), []);

  const began = performance.now();
  await page.getByRole('button', { name: 'Add a way' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('What it is').selectOption('json');
  await form.getByLabel('Name', { exact: true }).fill('My server');
  await form.getByLabel('Address').fill(`${receiver.url}/hook/secret-1`);
  await form.getByLabel('Picture').selectOption('base64');
  t.deepEqual(await seriousFindings(page), []);
  await form.getByRole('button', { name: 'Save and test' }).click();
  await page.getByText('The test message was delivered.').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

  await page.getByRole('button', { name: 'Add a rule' }).click();
  await form.getByLabel('Objects').fill('stop sign');
  await form.getByRole('button', { name: 'Add', exact: true }).first().click();
  await form.getByLabel('Street').check();
  await form.getByLabel('At most one message').fill('0');
  await form.getByText('When a stop sign appears at Street, send to My server.').waitFor();
  t.deepEqual(await seriousFindings(page), []);
  await form.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The rule was saved.').waitFor();
  t.log(`a way and a rule: ${Math.round(performance.now() - began)} ms`);
  await show(EMPTY, SIGN);
  const [, request] = await eventually(() => receiver.accepted.length === 2 && receiver.accepted);
  t.log(`told: ${Math.round(performance.now() - began)} ms`);
  const message = JSON.parse(String(request?.body)) as NotificationMessage;
  t.like(message, { event: 'appeared', cameraName: 'Street', label: 'stop sign' });
  t.true((message.picture?.base64 ?? '').length > 1_000, 'with a picture');
  await page.getByRole('cell', { name: 'delivered', exact: true }).first().waitFor();

  const { port } = receiver;
  await receiver.close();
  await show(EMPTY, SIGN);
  const messages = page.getByRole('region', { name: 'Messages' }).getByRole('table');
  const waiting = messages.getByRole('row').filter({ hasText: 'waits' });
  await waiting.getByText(/ECONNREFUSED|refused|connect/i).waitFor();
  await page.getByText('Fails', { exact: true }).waitFor();
  t.deepEqual(await seriousFindings(page), []);
  const again = await startReceiver(t, port);
  await waiting.getByRole('button', { name: /^Send now/ }).click();
  await eventually(() => again.accepted.length > 0);
  await waiting.waitFor({ state: 'detached' });
  await page.getByText('Works', { exact: true }).waitFor();

  // The address is a secret: the page never has it, and the way keeps it when something else is changed.
  t.false((await page.content()).includes('secret-1'));
  await page.getByRole('button', { name: 'Edit My server' }).click();
  await form.getByLabel('Name', { exact: true }).fill('My other server');
  await form.getByRole('button', { name: 'Save and test' }).click();
  await page.getByText('The test message was delivered.').waitFor();
  t.is(again.accepted.at(-1)?.path, '/hook/secret-1');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.getByText('When a stop sign appears at Street, send to My other server.').waitFor();
  t.deepEqual(complaints, []);
});

test('what the file declares is shown with the reason, an operator tries it, and it fits a phone', async (t) => {
  t.timeout(120_000);
  const receiver = await startReceiver(t);
  receiver.reply = 500;
  const way = `{ id: hook, name: My hook, kind: webhook, url: "${receiver.url}/hook" }`;
  const rule =
    '{ id: nights, when: appeared, labels: [person, car], cameras: [street], minConfidence: 0.6, windows: [{ from: "22:00", to: "06:00", days: [sat, sun] }], ways: [hook] }';
  const { edge } = await setUp(t, [`notifications={ ways: [${way}], rules: [${rule}] }`]);
  await edge.access.users.create('olaf', 'operator', `${PASSWORD} 2`);
  const options = { viewport: { width: 360, height: 740 }, locale: 'en-GB' };
  const { page, complaints } = await openPage(t, `${edge.url}/notifications`, options);
  await logInOn(page, 'olaf', `${PASSWORD} 2`);
  await page
    .getByText(
      'When a person or a car appears at Street (at least 60% certain) on Sat and Sun between 22:00 and 6:00, send to My hook, at most once in 5 minutes.',
    )
    .waitFor();
  t.true((await page.getByText(/configuration file/).count()) >= 2);
  for (const name of [/^Add/, /^Edit/, /^Remove/])
    t.is(await page.getByRole('button', { name }).count(), 0, String(name));
  t.is(await page.evaluate('document.documentElement.scrollWidth'), 360);
  await page.getByRole('button', { name: 'Test My hook' }).click();
  await page.getByText('The test message was not delivered.').waitFor();
  await page.getByText(/Answer: .*500/).waitFor();
  t.deepEqual(await seriousFindings(page), []);
  t.deepEqual(complaints, []);
});

test('each kind of way and each kind of rule is made with its form', async (t) => {
  t.timeout(180_000);
  const { edge } = await setUp(t, ['lan={ embedded: { port: 0 } }']);
  const { page, complaints } = await openPage(t, `${edge.url}/notifications`);
  await logInOn(page, 'ada', PASSWORD);
  const form = page.getByRole('dialog');
  const fill = async (fields: Record<string, string>) => {
    for (const [label, value] of Object.entries(fields))
      await form.getByLabel(label, { exact: true }).fill(value);
  };
  const kinds: Record<string, Record<string, string>> = {
    email: { 'Mail server': '127.0.0.1', From: 'a@example.org', To: 'b@example.org' },
    mqtt: {},
    custom: { Address: 'http://127.0.0.1:9/x', 'Template of the body': '{"a":"{{text}}"}' },
    telegram: { Address: 'http://127.0.0.1:9/bot1:x', 'Id of the chat': '42' },
    ntfy: { Address: 'http://127.0.0.1:9/topic' },
  };
  for (const [kind, fields] of Object.entries(kinds)) {
    await page.getByRole('button', { name: 'Add a way' }).click();
    await form.getByLabel('What it is').selectOption(kind);
    await fill({ Name: `My ${kind}`, ...fields });
    if (kind === 'email') await form.getByLabel('Port').fill('9');
    await form.getByRole('button', { name: 'Save and test' }).click();
    const outcome = kind === 'mqtt' ? 'was delivered' : 'was not delivered';
    await form.getByText(`The test message ${outcome}.`).waitFor();
    await form.getByRole('button', { name: 'Close' }).click();
  }
  const triggers = ['left', 'still_there', 'camera_offline', 'no_picture', 'disk', 'relay_away'];
  for (const when of [...triggers, 'backlog', 'log_in_refused']) {
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await form.getByLabel('When', { exact: true }).selectOption(when);
    await form.getByLabel('My mqtt').check();
    if (when === 'still_there') {
      await form.getByLabel('Zones').fill('Gate');
      await form.getByLabel('How certain').fill('60');
      await form.getByRole('button', { name: 'Add a time' }).click();
    }
    await form.getByRole('button', { name: 'Save' }).click();
    await form.waitFor({ state: 'detached' });
  }
  for (const sentence of [
    /^When anything is still there in Gate \(at least 60% certain\) after 10 minutes between 10:00 PM and 6:00 AM, send to My mqtt/,
    /^When any camera sends no new picture for 10 minutes, send to My mqtt, .*, and again when it is over\.$/,
    /^When 1,000 summaries or more wait for the relay for 5 minutes/,
    /^When 5 logins are refused within 10 minutes/,
  ])
    await page.getByText(sentence).waitFor();
  t.deepEqual(complaints, []);
});

test('a way whose secret is missing after a restore is marked, and works once it is entered again', async (t) => {
  const receiver = await startReceiver(t);
  const dataFolder = await temporaryFolder(t);
  const before = await startEdge(['cameras=[]'], { dataFolder });
  await before.access.users.create('ada', 'admin', PASSWORD);
  await before.notifications.definitions.addWay({
    ...{ id: 'hook', name: 'My hook', kind: 'webhook', preset: 'json', headers: [] },
    ...{ enabled: true, maxPerMinute: 30, url: `${receiver.url}/hook/secret-1` },
  });
  await before.stop();
  await rm(join(dataFolder, 'edge.db.way-secrets'), { recursive: true });
  const edge = await startEdge(['cameras=[]'], { dataFolder });
  t.teardown(edge.stop);
  const { page, complaints } = await openPage(t, `${edge.url}/notifications`);
  await logInOn(page, 'ada', PASSWORD);
  const card = page.getByRole('article', { name: 'My hook' });
  await card.getByText('Enter its secret again').waitFor();
  await card.getByText(/^Its secret is missing: url\./).waitFor();
  t.deepEqual(await seriousFindings(page), []);
  await card.getByRole('button', { name: 'Edit My hook' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Address').fill(`${receiver.url}/hook/secret-2`);
  await form.getByRole('button', { name: 'Save and test' }).click();
  await page.getByText('The test message was delivered.').waitFor();
  t.is(receiver.accepted.at(-1)?.path, '/hook/secret-2');
  t.deepEqual(complaints, []);
});
