import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { relayConfigSchema } from '../../../cloud-relay/config.js';
import { parseConfiguration, readSecret } from '../../../core/runtime/configuration.js';
import { ConfigurationError, StartError } from '../../../core/runtime/errors.js';
import { edgeConfigSchema } from '../../../edge/config.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const edge = (text: string, overrides: string[] = []) =>
  parseConfiguration(edgeConfigSchema, text, 'edge.yaml', overrides);
const relay = (text: string) => parseConfiguration(relayConfigSchema, text, 'relay.yaml');

test('without settings the appliance and the relay have a configuration that binds to this machine', (t) => {
  t.like(edge(''), { site: 'site', http: { host: '127.0.0.1', port: 8080, auth: 'token' } });
  t.like(relay(''), { http: { host: '127.0.0.1', port: 8090 } });
});

test('all errors are reported at once, each with its path', (t) => {
  const text = `
site: My Site
htpp: {}
http:
  port: 99999
  colour: red
cameras:
  - id: up
    kind: folder
    path: /somewhere
  - id: door
    kind: http
    url: ftp://camera
    schedule: every minute
mqtt:
  url: http://broker
`;
  const error = t.throws(() => edge(text), { instanceOf: ConfigurationError });
  t.deepEqual(error?.errors.map(({ path }) => path).sort(), [
    'cameras.0.id',
    'cameras.1.schedule',
    'cameras.1.url',
    'htpp',
    'http.colour',
    'http.port',
    'mqtt.url',
    'site',
  ]);
  t.regex(error?.message ?? '', /^edge\.yaml cannot be used:\n {2}/);
  t.is(
    error?.errors.find(({ path }) => path === 'htpp')?.message,
    'is not a known setting. Did you mean "http"?',
  );
  const colour = error?.errors.find(({ path }) => path === 'http.colour');
  t.is(colour?.message, 'is not a known setting');
});

test('text that is not YAML, and a repeated setting, are refused with their line', (t) => {
  for (const text of ['site: [', 'site: a\nsite: b'])
    t.regex(t.throws(() => edge(text))?.message ?? '', /line \d/);
});

test('an override takes precedence over the file, and its value is YAML', (t) => {
  const config = edge('http: { port: 1 }\nsite: a', [
    'http.port=2',
    'cameras=[{ id: street, kind: folder, path: "a=b" }]',
  ]);
  t.is(config.http.port, 2);
  t.is(config.site, 'a');
  t.like(config.cameras[0], { id: 'street', path: 'a=b' });
  const error = t.throws(() => edge('', ['http.port']), { instanceOf: ConfigurationError });
  t.deepEqual(error?.errors, [{ path: 'http.port', message: 'expected PATH=VALUE' }]);
});

test('an empty override removes a setting, even if it is not there', (t) => {
  t.is(edge('site: a', ['site=']).site, 'site');
  t.is(edge('', ['site=']).site, 'site');
  t.is(edge('site: a', ['http.port=']).http.port, 8080);
});

test('a configuration cannot be changed after it was read', (t) => {
  const config = edge('');
  t.true(Object.isFrozen(config.http));
  t.throws(() => Object.assign(config.http, { auth: 'none' }), { instanceOf: TypeError });
});

test('listening beyond this machine without authentication needs a second setting', (t) => {
  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '"::1"'])
    t.is(edge(`http: { host: ${host}, auth: none }`).http.auth, 'none', host);
  for (const host of ['0.0.0.0', '192.168.1.2', '"::"', 'appliance.lan', '127.0.0.1.nip.io']) {
    const error = t.throws(() => edge(`http: { host: ${host}, auth: none }`), {
      instanceOf: ConfigurationError,
    });
    t.deepEqual(
      error?.errors.map(({ path }) => path),
      ['http.auth'],
      host,
    );
  }
  t.is(
    edge('http: { host: 0.0.0.0, auth: none, allowAnyoneOnTheNetwork: true }').http.auth,
    'none',
  );

  const open = 'host: 0.0.0.0, auth: none';
  for (const [read, room] of [
    [relay, 'mqtt'],
    [edge, 'lan'],
  ] as const) {
    const broker = (settings: string) => read(`${room}: { embedded: { ${settings} } }`);
    t.throws(() => broker(open), {
      message: new RegExp(`${room}\\.embedded\\.auth: without accounts .*allowAnyoneOnTheNetwork`),
    });
    t.notThrows(() => broker(`${open}, allowAnyoneOnTheNetwork: true`));
    t.notThrows(() => broker('auth: none'));
  }
});

test("an error in the relay's broker is reported with its own path", (t) => {
  const error = t.throws(() => relay('mqtt: { embedded: { prot: 1883 } }'), {
    instanceOf: ConfigurationError,
  });
  t.deepEqual(error?.errors, [
    { path: 'mqtt.embedded.prot', message: 'is not a known setting. Did you mean "port"?' },
  ]);
  t.throws(() => relay('mqtt: { embedded: {}, external: { url: "mqtt://broker" } }'), {
    instanceOf: ConfigurationError,
  });
});

test('the number of sites that may register themselves at an external broker has its own limit', (t) => {
  const external = (more: string) => relay(`mqtt: { external: { url: "mqtt://broker"${more} } }`);
  t.like(external('').mqtt, { external: { maxSites: 1_000 } });
  t.like(external(', maxSites: 2500').mqtt, { external: { maxSites: 2_500 } });
  for (const count of [0, 10_001])
    t.regex(
      t.throws(() => external(`, maxSites: ${count}`))?.message ?? '',
      /mqtt\.external\.maxSites/,
    );
});

test.serial('a secret is given as text, in a file, or in the environment', async (t) => {
  t.is(readSecret('plain'), 'plain');
  const file = join(await temporaryFolder(), 'password');
  await writeFile(file, 'from a file\n');
  t.is(readSecret({ file }), 'from a file');
  process.env.SITEGLASS_TEST_SECRET = 'from the environment';
  t.is(readSecret({ env: 'SITEGLASS_TEST_SECRET' }), 'from the environment');
  delete process.env.SITEGLASS_TEST_SECRET;
  t.throws(() => readSecret({ env: 'SITEGLASS_TEST_SECRET' }), {
    message: /SITEGLASS_TEST_SECRET is not set/,
  });
});

test.serial('a secret can be a systemd credential', async (t) => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'edge_mqtt-password'), 'open sesame\n');
  process.env.CREDENTIALS_DIRECTORY = folder;
  t.teardown(() => delete process.env.CREDENTIALS_DIRECTORY);
  const { mqtt } = edge('mqtt: { url: mqtt://a, password: { credential: edge_mqtt-password } }');
  t.is(readSecret(mqtt?.password ?? ''), 'open sesame');
  const missing = t.throws(() => readSecret({ credential: 'edge_other' }), {
    instanceOf: StartError,
  });
  t.regex(missing?.message ?? '', /^the credential edge_other was not found; .*LoadCredential=/);
  delete process.env.CREDENTIALS_DIRECTORY;
  const none = t.throws(() => readSecret({ credential: 'edge_other' }), { instanceOf: StartError });
  t.regex(none?.message ?? '', /this process has no credentials from systemd/);
});

test('a credential is a name, and never a path out of its folder', (t) => {
  for (const name of ['..', '.', 'a/b', '../edge_x', '/etc/shadow', '', 'a b', 'x'.repeat(256)]) {
    const text = `mqtt: { url: mqtt://a, password: { credential: ${JSON.stringify(name)} } }`;
    const error = t.throws(() => edge(text), { instanceOf: ConfigurationError }, name);
    t.regex(error?.message ?? '', /mqtt\.password\.credential: expected .*, not a path/);
  }
  const error = t.throws(() => edge('mqtt: { url: mqtt://a, password: { credentials: x } }'));
  t.regex(error?.message ?? '', /mqtt\.password: expected text, .*\{ credential: NAME \}/);
});

const PASSWORD = 'hunter2';

/** A configuration with a password and a mistake near it, as people make them. */
const MISTAKES: Record<string, string> = {
  'a bracket that is not closed': `site: a\nlan: { username: a, password: ${PASSWORD}\n`,
  'a quote that is not closed': `mqtt:\n  password: "${PASSWORD}\n`,
  'a colon in it': `mqtt:\n  password: ${PASSWORD}: x\n`,
  'an asterisk before it': `mqtt:\n  password: *${PASSWORD}\n`,
  'an ampersand before it': `mqtt:\n  password: &${PASSWORD}\n`,
  'an at sign before it': `mqtt:\n  password: @${PASSWORD}\n`,
  'a percent sign before it': `mqtt:\n  password: %${PASSWORD}\n`,
  'a vertical line before it': `mqtt:\n  password: |${PASSWORD}\n`,
  'an exclamation mark before it': `mqtt:\n  password: !${PASSWORD}\n`,
  'a backslash in it': `mqtt:\n  password: "\\q${PASSWORD}"\n`,
  'a quote behind its beginning': `mqtt:\n  password: "a" "${PASSWORD}"\n`,
  'the setting twice': `mqtt:\n  password: ${PASSWORD}\n  password: ${PASSWORD}\n`,
  'wrong indentation behind it': `mqtt:\n    password: a\n  ${PASSWORD}\n`,
  'a tab before it': `mqtt:\n\tpassword: ${PASSWORD}\n`,
  'no space after the colon': `mqtt: { url: "mqtt://a", password:${PASSWORD} }\n`,
  'no colon': `mqtt: { url: "mqtt://a", password, ${PASSWORD} }\n`,
  'no setting at all': `${PASSWORD}\n`,
  'a map instead of text': `mqtt: { url: "mqtt://a", password: { ${PASSWORD}: x } }\n`,
  'a list instead of text': `mqtt: { url: "mqtt://a", password: [${PASSWORD}] }\n`,
  'a password in the wrong place': `mqtt: ${PASSWORD}\n`,
  'a password in a malformed URL': `mqtt: { url: "mqtt://a:${PASSWORD}@" }\n`,
  'a password in a URL of a camera': `cameras: [{ id: a, kind: rtsp, url: "rtsp://a:${PASSWORD}@b/" }]\n`,
};

for (const [name, text] of Object.entries(MISTAKES))
  test(`an error of the configuration does not quote a password: ${name}`, (t) => {
    const error = t.throws(() => edge(text), { instanceOf: ConfigurationError });
    t.false(JSON.stringify([error?.message, error?.errors, error?.stack]).includes(PASSWORD));
    t.is(error?.cause, undefined);
  });

test('an error of YAML names its line, its column and the setting', (t) => {
  const error = t.throws(() => edge(`site: a\nmqtt:\n  password: "${PASSWORD}\n`), {
    instanceOf: ConfigurationError,
  });
  t.deepEqual(error?.errors, [
    {
      path: 'password',
      message:
        'a quote or a bracket is not closed, or ":" is missing behind a setting (line 4, column 1)',
    },
  ]);
});

for (const [name, override] of Object.entries({
  'no equals sign': `mqtt.password ${PASSWORD}`,
  'an asterisk': `mqtt.password=*${PASSWORD}`,
  'a quote that is not closed': `mqtt.password="${PASSWORD}`,
  'a bracket that is not closed': `mqtt.password=[${PASSWORD}`,
  'a path through a value': `site.name=${PASSWORD}`,
}))
  test(`an error of --set does not quote a password: ${name}`, (t) => {
    const error = t.throws(() => edge('site: a', [override]), { instanceOf: ConfigurationError });
    t.false(JSON.stringify([error?.message, error?.errors]).includes(PASSWORD));
  });

for (const character of ['\\0', '\\x01', '\\n', '\\x7f', '\\x9f'])
  test(`names at a broker have no control characters: ${character}`, (t) => {
    const name = `"a${character}b"`;
    const account = `{ username: ${name}, password: secret-text }`;
    for (const [text, path] of [
      [`mqtt: { url: "mqtt://a", username: ${name}, password: x }`, 'mqtt.username'],
      [`mqtt: { url: "mqtt://a", root: ${name} }`, 'mqtt.root'],
      [`lan: { url: "mqtt://a", root: ${name} }`, 'lan.root'],
      [`lan: { embedded: { accounts: [${account}] } }`, 'lan.embedded.accounts.0.username'],
      [`site: ${name}`, 'site'],
      [`cameras: [{ id: ${name}, kind: push }]`, 'cameras.0.id'],
    ] as const) {
      const error = t.throws(() => edge(text), { instanceOf: ConfigurationError });
      t.true(
        error?.errors.some((fault) => fault.path === path),
        `${path}: ${error?.message}`,
      );
    }
    const readers = `mqtt: { embedded: { readers: [${account}] } }`;
    t.throws(() => relay(readers), { instanceOf: ConfigurationError, message: /control/ });
  });
