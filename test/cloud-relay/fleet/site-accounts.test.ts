import test from 'ava';
import { hashPassword, verifyPassword } from '../../../cloud-relay/fleet/password-hash.js';
import { SiteAccounts } from '../../../cloud-relay/fleet/site-accounts.js';
import { startBroker } from '../../support/broker.js';
import { eventually } from '../../support/eventually.js';
import { startFleet } from '../../support/fleet.js';
import { connectedBus, startBus } from '../../support/message-bus.js';

test('a password matches only its own hash, and two hashes of it differ', async (t) => {
  const [one, two] = await Promise.all([hashPassword('secret'), hashPassword('secret')]);
  t.not(one, two);
  t.true(await verifyPassword('secret', one));
  t.false(await verifyPassword('Secret', one));
  t.false(await verifyPassword('secret', 'scrypt$16384$8$1$$'));
});

test('a provisioned site signs in with its password until it gets another or is removed', async (t) => {
  const { db, fleet } = await startFleet(t, { admitUnknown: false });
  const accounts = new SiteAccounts(db, [
    { username: 'dashboard', password: 'd', account: { role: 'reader' } },
  ]);
  const { password } = await fleet.createSite('north');
  for (let i = 0; i < 3; i++)
    t.deepEqual(await accounts.verify('north', password), { role: 'site', site: 'north' });
  t.is(await accounts.verify('north', 'guess'), undefined);
  t.is(await accounts.verify('south', password), undefined);
  t.deepEqual(await accounts.verify('dashboard', 'd'), { role: 'reader' });
  t.is(await accounts.verify('dashboard', ''), undefined);
  const renewed = await fleet.renewPassword('north');
  t.is(await accounts.verify('north', password), undefined);
  t.deepEqual(await accounts.verify('north', renewed.password), { role: 'site', site: 'north' });
  await t.throwsAsync(fleet.renewPassword('south'), { code: 'not_found' });
  await fleet.removeSite('north');
  t.is(await accounts.verify('north', renewed.password), undefined);
});

test('a flood of wrong passwords is rejected, and the right one is accepted afterwards', async (t) => {
  const { db, fleet } = await startFleet(t, { admitUnknown: false });
  const accounts = new SiteAccounts(db, []);
  const { password } = await fleet.createSite('north');
  const guesses = await Promise.all(
    Array.from({ length: 40 }, (_, i) => accounts.verify('north', `guess ${i}`)),
  );
  t.true(guesses.every((account) => account === undefined));
  t.deepEqual(await accounts.verify('north', password), { role: 'site', site: 'north' });
});

test('over a real connection, a site connects with the credentials from provisioning, and nobody else does', async (t) => {
  const { db, fleet } = await startFleet(t, { admitUnknown: false });
  const { url } = await startBroker(t, { accounts: new SiteAccounts(db, []) });
  const { password } = await fleet.createSite('north');
  const north = await connectedBus(t, url, {
    clientId: 'siteglass-north',
    username: 'north',
    password,
  });
  await north.publish('siteAvailability', { site: 'north' }, 'online');
  const stranger = await startBus(t, url, { username: 'north', password: 'guess' });
  await eventually(() => stranger.status().lastError !== undefined);
  t.false(stranger.connected);
  t.true(north.connected);
});

test.serial(
  'a wrong password takes as long for a name that does not exist, and for a reader, as for a site',
  async (t) => {
    const { db, fleet } = await startFleet(t, { admitUnknown: false });
    const accounts = new SiteAccounts(db, [
      { username: 'dashboard', password: 'd', account: { role: 'reader' } },
      { username: 'relay', password: 'random', account: { role: 'relay' } },
    ]);
    const { password } = await fleet.createSite('north');
    const names = ['north', 'nobody', 'dashboard', 'relay', ''];
    const fastest = new Map<string, number>();
    // Processor time, in turns: other load concerns all alike, and little; the first derivation is that of a hash for unknown names.
    for (let i = 0; i < 10; i++)
      for (const name of names) {
        const from = process.cpuUsage();
        t.is(await accounts.verify(name, `guess ${i}`), undefined);
        const { user, system } = process.cpuUsage(from);
        const ms = (user + system) / 1_000;
        fastest.set(name, Math.min(ms, fastest.get(name) ?? ms));
      }
    const known = fastest.get('north') ?? 0;
    for (const [name, ms] of fastest)
      t.true(ms > known / 2 && ms < known * 2, `${name}: ${ms} ms, north: ${known} ms`);
    t.is(await accounts.recall('north', password), undefined, 'not checked yet');
    await accounts.verify('north', password);
    t.deepEqual(await accounts.recall('north', password), { role: 'site', site: 'north' });
    t.is(await accounts.recall('north', 'guess'), undefined);
    t.deepEqual(await accounts.recall('relay', 'random'), { role: 'relay' });
    t.is(
      await accounts.recall('dashboard', 'd'),
      undefined,
      'a person chose it: it can be guessed',
    );
  },
);
