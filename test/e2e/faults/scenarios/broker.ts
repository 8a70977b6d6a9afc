import type { Scenario } from '../scenario.js';

export const brokerScenarios: Scenario[] = [
  {
    name: 'broker-killed',
    what: 'the broker is killed and restarted',
    sites: ['north', 'south'],
    async faults(world) {
      for (let round = 0; round < world.rounds(2, 4); round++) {
        await world.delivered(40);
        await world.broker.kill();
        await world.pause(700, 5_000);
        await world.broker.start();
      }
      await world.delivered(40);
    },
  },
  {
    name: 'credentials-refused',
    what: 'the broker refuses the credentials for a while',
    accounts: true,
    async faults(world) {
      const { name } = world.site;
      await world.pause(1_500, 15_000);
      world.broker.admit(name, `secret-of-${name}`);
      await world.delivered(60);
      world.broker.refuse(name);
      world.link.cut();
      world.link.restore();
      await world.pause(1_500, 15_000);
      world.broker.admit(name, `secret-of-${name}`);
      await world.delivered(60);
    },
  },
];
