import test from 'ava';
import {
  type Account,
  lanClientId,
  mayPublish,
  maySubscribe,
  mayUseClientId,
  siteClientId,
} from '../../../core/messaging/access-rules.js';

const north: Account = { role: 'site', site: 'north' };
const relay: Account = { role: 'relay' };
const reader: Account = { role: 'reader' };
const operator: Account = { role: 'operator' };

test('a site publishes its own topics of the map and nothing else', (t) => {
  for (const topic of [
    'siteglass/north/up',
    'siteglass/north/gate/state',
    'siteglass/north/health',
  ])
    t.true(mayPublish(north, 'siteglass', topic), topic);
  t.true(mayPublish(north, 'siteglass', 'homeassistant/device/siteglass-north/config'));
  t.true(mayPublish(north, 'siteglass', 'homeassistant/device/siteglass-north/gate/config'));
  for (const topic of [
    'siteglass/north/ack',
    'siteglass/south/up',
    'siteglass/northern/up',
    'siteglass/north/anything',
    'siteglass/north/gate/anything',
    'siteglass/north/gate/command',
    'siteglass/north/gate/state/more',
    'siteglass/north/Gate_1/state',
    'siteglass/north//state',
    'homeassistant/device/siteglass-north/other',
    'homeassistant/device/siteglass-south/gate/config',
    'homeassistant/status',
    'homeassistant/device/siteglass-northern/config',
    '$SYS/broker/x',
    'elsewhere',
  ])
    t.false(mayPublish(north, 'siteglass', topic), topic);
});

test('a site receives its acknowledgements and commands and nothing else', (t) => {
  for (const filter of ['siteglass/north/ack', 'siteglass/north/+/command', 'homeassistant/status'])
    t.true(maySubscribe(north, 'siteglass', filter), filter);
  for (const filter of [
    '#',
    'siteglass/#',
    'siteglass/+/ack',
    'siteglass/north/#',
    'siteglass/south/ack',
  ])
    t.false(maySubscribe(north, 'siteglass', filter), filter);
});

test('a reader receives everything and publishes nothing; the relay may do both', (t) => {
  t.true(maySubscribe(reader, 'siteglass', 'siteglass/#'));
  t.false(mayPublish(reader, 'siteglass', 'siteglass/north/up'));
  t.false(maySubscribe(reader, 'siteglass', '$SYS/#'));
  t.true(maySubscribe(relay, 'siteglass', 'siteglass/+/up'));
  t.true(mayPublish(relay, 'siteglass', 'siteglass/north/ack'));
});

test('an appliance may read what it retains itself, and nothing else of its own', (t) => {
  for (const filter of [
    'siteglass/north/availability',
    'siteglass/north/+/availability',
    'siteglass/north/gate/availability',
    'siteglass/north/health',
    'homeassistant/device/siteglass-north/config',
    'homeassistant/device/siteglass-north/+/config',
  ])
    t.true(maySubscribe(north, 'siteglass', filter), filter);
  for (const filter of [
    'siteglass/+/availability',
    'siteglass/north/up',
    'siteglass/south/health',
    'homeassistant/device/+/config',
    'homeassistant/device/siteglass-south/+/config',
  ])
    t.false(maySubscribe(north, 'siteglass', filter), filter);
});

test('each connection of an appliance has an id of its own, which no other site can have', (t) => {
  t.true(mayUseClientId(north, lanClientId('north')));
  t.not(lanClientId('north'), siteClientId('north'));
  for (const site of ['north-lan', 'north-', 'lan'])
    t.false(mayUseClientId({ role: 'site', site }, lanClientId('north')), site);
  for (const role of ['reader', 'operator', 'relay'] as const)
    t.false(mayUseClientId({ role }, lanClientId('north')), role);
});

test("no account may take an appliance's client id and so end its connection", (t) => {
  t.true(mayUseClientId(north, 'siteglass-north'));
  for (const account of [reader, relay, { role: 'site', site: 'south' } as Account])
    t.false(mayUseClientId(account, 'siteglass-north'));
  t.true(mayUseClientId(reader, 'mosq-1234'));
});

test("an operator receives everything, commands cameras, and publishes Home Assistant's status; nothing else", (t) => {
  t.true(maySubscribe(operator, 'siteglass', 'siteglass/#'));
  t.false(maySubscribe(operator, 'siteglass', '$SYS/#'));
  t.true(mayPublish(operator, 'siteglass', 'siteglass/north/gate/command'));
  t.true(mayPublish(operator, 'siteglass', 'homeassistant/status'));
  for (const topic of [
    'siteglass/north/gate/state',
    'siteglass/north/command',
    'siteglass/north/gate/command/now',
    'other/north/gate/command',
    'siteglass/north/ack',
    'homeassistant/device/siteglass-north/config',
  ])
    t.false(mayPublish(operator, 'siteglass', topic), topic);
});
