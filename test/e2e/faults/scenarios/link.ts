import type { Direction } from '../link.js';
import type { Scenario } from '../scenario.js';

const HALF_OPEN: Direction[][] = [['up', 'down'], ['up'], ['down']];

export const linkScenarios: Scenario[] = [
  {
    name: 'link-flapping',
    what: 'the link is cut five times in a row',
    async faults(world) {
      await world.delivered(20);
      for (let round = 0; round < 5; round++) {
        world.link.cut();
        await world.pause(600, 5_000);
        world.link.restore();
        await world.pause(600, 5_000);
      }
    },
  },
  {
    name: 'link-down',
    what: 'the link is down for a while',
    sites: ['north', 'south'],
    async faults(world) {
      await world.delivered(20);
      world.link.cut();
      await world.pause(4_000, 30_000);
      world.link.restore();
    },
  },
  {
    name: 'slow-link',
    what: 'the link is slow with a long delay, and breaks',
    patient: true,
    async faults(world) {
      await world.delivered(5);
      world.link.shape({ delayMs: 150, bytesPerSecond: 8_000 });
      await world.pause(5_000, 30_000);
      world.link.cut();
      await world.pause(200, 5_000);
      world.link.restore();
      world.link.shape({ delayMs: 150, bytesPerSecond: 8_000 });
      await world.pause(5_000, 30_000);
    },
  },
  {
    name: 'flipped-bits',
    what: 'bits flip on the way',
    async faults(world) {
      await world.delivered(20);
      const { epoch } = world.site.outbox() ?? {};
      for (let round = 0; round < world.rounds(3, 20); round++) {
        world.link.flipBits(5_000, () => world.random.next());
        await world.pause(2_000, 5_000);
        world.link.restore();
        await world.delivered(20);
      }
      if (world.link.flipped < 8) throw new Error(`only ${world.link.flipped} bits flipped`);
      if (world.site.outbox()?.epoch !== epoch) throw new Error('a new epoch was started');
    },
  },
  {
    name: 'half-open',
    what: 'packets vanish and neither side is notified',
    async faults(world) {
      for (const directions of HALF_OPEN) {
        await world.delivered(20);
        world.link.lose(...directions);
        await world.pause(1_000, 20_000);
        world.link.restore();
      }
      await world.delivered(20);
    },
  },
];
