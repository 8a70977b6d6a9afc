import { type AddressInfo, createServer } from 'node:net';
import test from 'ava';
import { completeWaySchema, type EmailWay } from '../../../core/contract/notification-way.js';
import { sendEmail } from '../../../core/notifications/ways/email.js';
import { samplePicture } from '../../../core/notifications/ways/sample-picture.js';
import { startSmtpServer } from '../../fakes/smtp-server.js';
import { credentialsOf, issueForTest } from '../../support/certificates.js';
import { aMessage } from '../../support/notification-fixtures.js';

const aMailWay = (port: number, more: object = {}): EmailWay =>
  completeWaySchema.parse({
    ...{ id: 'mail', kind: 'email', host: '127.0.0.1', port, security: 'none' },
    ...{ from: 'site@example.org', to: ['a@example.org', 'b@example.org'], ...more },
  }) as EmailWay;

const options = { allowOwnMachine: true, timeoutMs: 5_000 };

test('a mail has the text, the picture, and an id by which a double shows', async (t) => {
  const server = await startSmtpServer(t);
  const message = aMessage({ picture: { url: 'http://site/pictures/1', mediaType: null } });
  const outcome = await sendEmail(aMailWay(server.port), message, samplePicture(), options);
  t.deepEqual(outcome, { ok: true, answer: '250 2.0.0 queued as TEST' });
  const [mail] = server.mails;
  t.deepEqual(mail?.to, ['TO:<a@example.org>', 'TO:<b@example.org>']);
  t.regex(mail?.content ?? '', /^Subject: person appeared\r$/m);
  t.regex(
    mail?.content ?? '',
    /^Message-ID: <01890000-0000-7000-8000-000000000000@siteglass>\r$/im,
  );
  t.regex(mail?.content ?? '', /person appeared at Gate/);
  t.true(mail?.content.includes('http://site/pictures/1'));
  const bytes = samplePicture().bytes.toString('base64');
  t.true(mail?.content.replaceAll('\r\n', '').includes(bytes), 'the attachment');
});

test('the password goes over TLS alone: a server that offers none is refused, unless it is allowed', async (t) => {
  const plain = await startSmtpServer(t);
  const credentials = { username: 'site', password: 'secret-1' };
  const way = aMailWay(plain.port, { ...credentials, security: 'starttls' });
  const refused = await sendEmail(way, aMessage(), undefined, options);
  t.like(refused, { ok: false, scope: 'way' });
  t.regex((!refused.ok && refused.advice) || '', /no encryption/);
  t.false(plain.commands.includes('AUTH'));
  const allowed = aMailWay(plain.port, { ...credentials, security: 'none' });
  t.true((await sendEmail(allowed, aMessage(), undefined, options)).ok);

  const issued = await issueForTest();
  const ca = issued.authority.certificate;
  for (const security of ['starttls', 'tls']) {
    const server = await startSmtpServer(t, {
      credentials: credentialsOf(issued),
      implicit: security === 'tls',
    });
    const secure = aMailWay(server.port, { ...credentials, security });
    t.true((await sendEmail(secure, aMessage(), undefined, { ...options, ca })).ok);
    t.true(server.mails[0]?.wasEncrypted);
    t.is(Buffer.from(server.mails[0]?.auth ?? '', 'base64').toString(), '\0site\0secret-1');
    const unknown = await sendEmail(secure, aMessage(), undefined, options);
    t.like(unknown, { ok: false }, 'an authority that is not known');
    t.is(server.mails.length, 1);
  }
});

test('labels and names with quotes and line breaks add no header and no recipient', async (t) => {
  const server = await startSmtpServer(t);
  const title = 'person"\r\nBcc: victim@example.org\r\n\r\n.\r\nMAIL FROM:<x>';
  const message = aMessage({
    title,
    text: 'one\r\n.\r\nRCPT TO:<victim@example.org>',
    site: 'a"b',
  });
  t.true((await sendEmail(aMailWay(server.port), message, undefined, options)).ok);
  t.is(server.mails.length, 1);
  t.is(server.mails[0]?.to.length, 2);
  const [head = ''] = server.mails[0]?.content.split('\r\n\r\n') ?? [];
  t.notRegex(head, /^Bcc:/im);
});

test('an answer of the mail server becomes words and advice, without the password', async (t) => {
  const auth = { AUTH: '535 5.7.8 bad secret-password' };
  const server = await startSmtpServer(t, { answers: auth });
  const way = aMailWay(server.port, { username: 'site', password: 'secret-password' });
  const outcome = await sendEmail(way, aMessage(), undefined, options);
  t.like(outcome, { ok: false, scope: 'way' });
  t.notRegex(JSON.stringify(outcome), /secret-password/);
  t.regex((!outcome.ok && outcome.advice) || '', /app password/);
  const full = await startSmtpServer(t, { answers: { DATA: '552 5.3.4 too large' } });
  const tooLarge = await sendEmail(aMailWay(full.port), aMessage(), samplePicture(), options);
  t.like(tooLarge, { ok: false, scope: 'picture' });
});

test('a mail server whose name leads to this machine is refused where that is not allowed', async (t) => {
  const server = await startSmtpServer(t);
  const way = aMailWay(server.port, { host: 'localhost' });
  const refused = await sendEmail(way, aMessage(), undefined, {
    ...options,
    allowOwnMachine: false,
  });
  t.like(refused, { ok: false, scope: 'way' });
  t.regex(refused.answer, /this machine itself; set notifications.allowOwnMachine/);
  t.deepEqual(server.commands, [], 'it was not even greeted');
  t.true((await sendEmail(way, aMessage(), undefined, options)).ok);
});

test('a mail server that answers a byte at a time does not hold up a mail for ever', async (t) => {
  const dripping = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('220 hello\r\n');
    const timer = setInterval(() => socket.write('250-\r\n'), 50);
    socket.once('close', () => clearInterval(timer));
  });
  t.teardown(() => dripping.close());
  await new Promise<void>((resolve) => dripping.listen(0, '127.0.0.1', resolve));
  const { port } = dripping.address() as AddressInfo;
  const outcome = await sendEmail(aMailWay(port), aMessage(), undefined, {
    ...{ allowOwnMachine: true, timeoutMs: 300 },
  });
  t.like(outcome, { ok: false, scope: 'way' });
});
