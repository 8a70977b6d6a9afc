import { createHmac, timingSafeEqual } from 'node:crypto';
import test from 'ava';
import type { NotificationMessage } from '../../../core/contract/notification-delivery.js';
import { completeWaySchema, type WebhookWay } from '../../../core/contract/notification-way.js';
import { samplePicture } from '../../../core/notifications/ways/sample-picture.js';
import { retryAfterOf, sendWebhook } from '../../../core/notifications/ways/webhook.js';
import { formOf, startReceiver } from '../../fakes/webhook-receiver.js';
import { aMessage } from '../../support/notification-fixtures.js';

const NOW = Date.parse('2026-11-27T10:00:00Z');
const options = { allowOwnMachine: true, timeoutMs: 2_000, wall: () => NOW };

const aHook = (more: object): WebhookWay =>
  completeWaySchema.parse({ id: 'hook', kind: 'webhook', ...more }) as WebhookWay;

/** What a hostile camera's name, zone or label may be. */
const HOSTILE = '"}],"x":1,\\ {{id}} {1} <b>&amp; @everyone\n\r\u2028\u0000\ud800 😀 \' --';
const hostile = aMessage({
  ...{ title: HOSTILE, text: HOSTILE, site: HOSTILE, camera: HOSTILE, cameraName: HOSTILE },
  ...{ label: HOSTILE, zones: [HOSTILE], sighting: HOSTILE, rule: { id: 'r', name: HOSTILE } },
  picture: { url: 'http://site/p?a=1&b=2', mediaType: 'image/png' },
});
/** Halves of characters have no form in UTF-8. */
const shown = HOSTILE.replace('\ud800', '\ufffd');

test('a signature is that of the time and the body, as another program computes it', async (t) => {
  const receiver = await startReceiver(t);
  const way = aHook({ url: receiver.url, signingSecret: 'a long secret', picture: 'file' });
  for (const picture of [undefined, samplePicture()]) {
    t.true((await sendWebhook(way, aMessage(), picture, options)).ok);
    const { headers, body } = receiver.accepted.at(-1) ?? t.fail();
    const timestamp = String(headers['siteglass-timestamp']);
    t.is(timestamp, String(NOW / 1_000));
    const [version, given = ''] = String(headers['siteglass-signature']).split('=');
    const signed = Buffer.concat([Buffer.from(`${timestamp}.`), body]);
    const expected = createHmac('sha256', 'a long secret').update(signed).digest();
    t.is(version, 'v1');
    t.true(timingSafeEqual(expected, Buffer.from(given, 'hex')));
    t.is(headers['siteglass-delivery'], aMessage().id);
  }
});

test('hostile labels and names stay values in every preset', async (t) => {
  const receiver = await startReceiver(t);
  const url = `${receiver.url}/hook`;
  const sent = async (preset: string, more: object = {}, picture = samplePicture()) => {
    const outcome = await sendWebhook(aHook({ preset, url, ...more }), hostile, picture, options);
    t.true(outcome.ok, preset);
    return receiver.accepted.at(-1) ?? t.fail();
  };
  const json = async (preset: string, more: object = {}) =>
    JSON.parse(String((await sent(preset, { picture: 'none', ...more })).body)) as Record<
      string,
      string
    >;
  t.is(((await json('json')) as unknown as NotificationMessage).label, HOSTILE);
  t.is((await json('home-assistant')).cameraName, HOSTILE);
  const slack = (await json('slack')).text ?? '';
  t.true(slack.includes('&lt;b&gt;&amp;amp; @everyone'));
  t.true(slack.endsWith('http://site/p?a=1&amp;b=2'));
  t.deepEqual(await json('discord'), {
    content: `**${shown}**\n${shown}`,
    allowed_mentions: { parse: [] },
  });
  t.deepEqual(await json('telegram', { recipient: '-100' }), {
    chat_id: '-100',
    text: `${shown}\n${shown}`,
  });
  const custom = { body: '{"a":"{{label}}","b":["{{zones}}"],"c":{{message}}}' };
  t.is((await json('custom', custom)).a, shown);
  const form = {
    contentType: 'application/x-www-form-urlencoded',
    body: 'a={{label}}&b={{count}}',
  };
  const fields = new URLSearchParams(
    String((await sent('custom', { ...form, picture: 'none' })).body),
  );
  t.deepEqual(
    [...fields],
    [
      ['a', shown],
      ['b', '1'],
    ],
  );
});

test('pictures are uploaded as each receiver takes them', async (t) => {
  const receiver = await startReceiver(t);
  const url = `${receiver.url}/hook`;
  const picture = samplePicture();
  const sent = async (preset: string, more: object = {}) => {
    await sendWebhook(aHook({ preset, url, ...more }), hostile, picture, options);
    return receiver.accepted.at(-1) ?? t.fail();
  };
  const bytesIn = async (form: FormData, field: string) =>
    Buffer.from(await (form.get(field) as File).arrayBuffer());
  const telegram = await sent('telegram', { recipient: '-100' });
  t.is(telegram.path, '/hook/sendPhoto');
  const photo = await formOf(telegram);
  t.is(photo.get('chat_id'), '-100');
  t.true(String(photo.get('caption')).includes('@everyone'));
  t.deepEqual(await bytesIn(photo, 'photo'), picture.bytes);
  const discord = await formOf(await sent('discord'));
  const payload = JSON.parse(String(discord.get('payload_json'))) as { content: string };
  t.is(payload.content, `**${shown}**\n${shown}`);
  t.deepEqual(await bytesIn(discord, 'files[0]'), picture.bytes);
  const ntfy = await sent('ntfy');
  t.like(ntfy, { method: 'PUT' });
  t.deepEqual(ntfy.body, picture.bytes);
  const query = new URL(ntfy.path, url).searchParams;
  t.is(query.get('filename'), 'snapshot.jpg');
  t.true(query.get('title')?.includes('@everyone'));
  const json = await formOf(await sent('json', { picture: 'file' }));
  t.is((JSON.parse(String(json.get('message'))) as NotificationMessage).label, HOSTILE);
});

test('redirects are not followed, and no answer shows the secrets of the way', async (t) => {
  const other = await startReceiver(t);
  const receiver = await startReceiver(t);
  const url = `${receiver.url}/bot123456:secret-token/x`;
  const way = aHook({ url, headers: [{ name: 'X-Key', value: 'secret-header' }] });
  receiver.reply = (response) => response.writeHead(307, { Location: other.url }).end();
  const redirected = await sendWebhook(way, aMessage(), undefined, options);
  t.like(redirected, { ok: false, scope: 'way' });
  t.regex((!redirected.ok && redirected.advice) || '', /Redirects are not followed/);
  t.is(other.requests.length, 0);
  receiver.reply = (response, { path, headers }) =>
    response.writeHead(404).end(`no ${path} for ${String(headers['x-key'])}\n\u001b[31m`);
  const echoed = await sendWebhook(way, aMessage(), undefined, options);
  t.notRegex(JSON.stringify(echoed), /secret-|\\u001b/);
  t.regex(echoed.answer, /^HTTP 404: no/);
  receiver.reply = (response) => response.writeHead(200).end('x'.repeat(10_000_000));
  const long = await sendWebhook(way, aMessage(), undefined, options);
  t.true(long.ok && long.answer.length < 400);
  receiver.reply = () => undefined;
  const silent = await sendWebhook(way, aMessage(), undefined, { ...options, timeoutMs: 200 });
  t.regex(silent.answer, /no answer within/);
});

test('a refusal is that of the way, of the message or of its picture', async (t) => {
  const receiver = await startReceiver(t);
  const way = aHook({ url: receiver.url, picture: 'file' });
  for (const [status, scope] of [
    [500, 'way'],
    [401, 'way'],
    [429, 'way'],
    [400, 'message'],
    [422, 'message'],
    [413, 'picture'],
  ] as const) {
    receiver.reply = status;
    t.like(await sendWebhook(way, aMessage(), samplePicture(), options), { ok: false, scope });
  }
});

test('Retry-After is seconds or a date, within a day', (t) => {
  t.is(retryAfterOf('120', NOW), 120_000);
  t.is(retryAfterOf('Fri, 27 Nov 2026 10:30:00 GMT', NOW), 1_800_000);
  t.is(retryAfterOf('9999999999', NOW), 86_400_000);
  for (const text of [undefined, '', 'soon', '-5', 'Fri, 27 Nov 2020 10:30:00 GMT'])
    t.is(retryAfterOf(text, NOW), undefined);
});
