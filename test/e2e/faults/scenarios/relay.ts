import { Echo } from '../echo.js';
import { removeDatabase } from '../outbox-file.js';
import type { Death } from '../protocol.js';
import type { Scenario } from '../scenario.js';
import type { World } from '../world.js';

export const relayScenarios: Scenario[] = [
  {
    name: 'relay-killed-before-commit',
    what: 'the relay is killed with a batch written and not committed',
    faults: (world) => dieAgainAndAgain(world, 'before the commit'),
  },
  {
    name: 'relay-killed-after-commit',
    what: 'the relay is killed with a batch committed and not acknowledged',
    faults: (world) => dieAgainAndAgain(world, 'after the commit'),
  },
  {
    name: 'one-of-two-relays-killed',
    what: 'one of two relays on one PostgreSQL database is killed',
    sites: ['north', 'south'],
    sharedRelays: 2,
    async faults(world) {
      await world.delivered(40);
      for (let round = 0; round < world.rounds(2, 4); round++) {
        const relay = world.relays[round % world.relays.length] ?? world.relay;
        await relay.kill();
        await world.pause(800, 5_000);
        await world.delivered(20);
        relay.start();
        await world.pause(700, 3_000);
      }
      await world.delivered(40);
    },
  },
  {
    name: 'relay-restored',
    what: 'the relay’s database is put back from a backup, and later lost altogether',
    async faults(world) {
      await world.delivered(60);
      await world.relay.kill();
      await world.copyRelayDatabase();
      world.relay.start();
      await world.delivered(200);
      await world.relay.kill();
      world.putRelayDatabaseBack();
      world.relay.start();
      await world.delivered(60);
      await world.says('nothing is lost', ({ forgotten }) => forgotten === 0);
      // Nothing is under way or recorded from here on: the relay has to get again what it has forgotten all the same.
      await world.site.rest();
      await world.drained();
      await world.relay.kill();
      removeDatabase(world.database);
      world.relay.start();
      await world.regained();
      await world.drained();
      await world.says('nothing is lost', ({ forgotten }) => forgotten === 0);
    },
  },
  {
    name: 'relay-dead',
    what: 'the relay is dead behind a living broker, and the appliance says so',
    async faults(world) {
      await world.delivered(40);
      await world.says('nothing is wrong', ({ reasons }) => reasons.length === 0);
      await world.relay.kill();
      await world.says(
        'the relay is silent',
        ({ reasons, lastError }) =>
          reasons.some((reason) => /relay has acknowledged nothing/.test(reason)) &&
          /relay has acknowledged nothing/.test(lastError ?? ''),
      );
      await world.pause(1_000, 20_000);
      world.relay.start();
      await world.delivered(40);
      await world.says('nothing is wrong any more', ({ reasons }) => reasons.length === 0);
    },
  },
  {
    name: 'record-refused',
    what: 'the relay refuses some records permanently',
    async faults(world) {
      await world.delivered(40);
      for (let round = 0; round < 3; round++) {
        world.site.order({ kind: 'spoil' });
        await world.pause(300, 2_000);
        await world.delivered(40);
      }
      world.link.cut();
      world.site.order({ kind: 'spoil' });
      await world.pause(500, 5_000);
      world.link.restore();
      await world.delivered(40);
      await world.says('summaries were refused', ({ reasons }) =>
        reasons.some((reason) => /4 summaries were refused and set aside/.test(reason)),
      );
    },
  },
  {
    name: 'duplicate-delivery',
    what: 'messages are delivered again, late and out of order',
    sites: ['north', 'south'],
    async faults(world) {
      const echo = new Echo(world.broker.port, world.random);
      await echo.start();
      for (let round = 0; round < world.rounds(2, 5); round++) {
        await world.delivered(80);
        echo.repeatAll();
        await world.pause(300, 2_000);
        await world.site.kill();
        world.site.start();
      }
      await world.delivered(40);
      echo.repeatAll();
      if (echo.repeated < 200) throw new Error(`only ${echo.repeated} messages came again`);
      await echo.stop();
    },
  },
];

async function dieAgainAndAgain(world: World, when: Death): Promise<void> {
  for (let round = 0; round < world.rounds(3, 8); round++) {
    await world.relay.kill();
    world.death = { when, batch: world.random.integer(1, 30) };
    world.relay.start();
    await world.ended(world.relay);
    await world.pause(300, 2_000);
  }
  world.death = undefined;
  world.relay.start();
  await world.delivered(40);
}
