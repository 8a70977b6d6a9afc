import type { Scenario } from '../scenario.js';
import type { World } from '../world.js';

export const applianceScenarios: Scenario[] = [
  {
    name: 'appliance-killed',
    what: 'the appliance is killed repeatedly',
    async faults(world) {
      for (let round = 0; round < world.rounds(6, 20); round++) {
        // Every other time whenever it is, perhaps while it starts.
        if (round % 2 === 0) await world.delivered(4);
        await world.pause(500, 1_500);
        await world.site.kill();
        world.site.start();
      }
      await world.delivered(20);
    },
  },
  {
    name: 'old-database-put-back',
    what: 'an older copy of the appliance’s database is restored',
    async faults(world) {
      await deliverBeyondCopy(world);
      world.site.putBack();
      world.link.cut();
      world.site.start();
      // Offline, the copy gives out numbers again that the relay knows, and starts once more before it connects.
      await world.pause(1_500, 5_000);
      await world.site.kill();
      world.site.start();
      await world.pause(1_000, 3_000);
      world.link.restore();
      await world.delivered(20);
    },
  },
  {
    name: 'old-database-unanswered',
    what: 'an older copy of the appliance’s database sends before the relay can report what it knows',
    async faults(world) {
      const { site, link } = world;
      const known = await deliverBeyondCopy(world);
      await world.relay.kill();
      // Mosquitto keeps retained messages in memory.
      await world.broker.kill();
      await world.broker.start();
      site.putBack();
      link.cut();
      site.start();
      await world.until('the copy is past what the relay knows', () =>
        Boolean((site.outbox()?.lastSeq ?? 0) > known + 40),
      );
      link.restore();
      await world.pause(2_000, 5_000);
      world.relay.start();
      await world.delivered(20);
    },
  },
  {
    name: 'site-id-changed',
    what: 'the site gets another id while summaries wait that the relay may have',
    recognises: true,
    async faults(world) {
      const { site, link } = world;
      await world.delivered(60);
      for (const name of ['south', 'east']) {
        // What goes up arrives; what comes down does not.
        link.lose('down');
        await world.pause(800, 5_000);
        await site.kill();
        site.rename(name);
        link.restore();
        site.start();
        await world.delivered(40);
      }
      await world.says('nothing is wrong', ({ reasons }) => reasons.length === 0);
    },
  },
  {
    name: 'disk-full',
    what: 'the appliance’s disk is full for a while',
    smallDisk: true,
    async faults(world) {
      await world.delivered(40);
      world.fillDisk();
      await world.pause(2_000, 20_000);
      world.freeDisk();
      await world.delivered(40);
      world.link.cut();
      await world.pause(500, 5_000);
      world.fillDisk();
      await world.pause(1_000, 10_000);
      world.link.restore();
      await world.pause(1_000, 10_000);
      world.freeDisk();
      await world.delivered(40);
      const { required, allowed } = world.site.produced();
      if (allowed.size === required.size) throw new Error('the disk was never full');
    },
  },
  {
    name: 'whole-programs',
    what: 'both programs, the broker and the link fail one after the other',
    whole: true,
    async faults(world) {
      await world.delivered(3);
      world.link.cut();
      await world.pause(1_500, 15_000);
      world.link.restore();
      await world.relay.kill();
      await world.pause(500, 5_000);
      world.relay.start();
      await world.delivered(3);
      for (const site of world.sites) {
        await site.kill();
        site.start();
      }
      await world.delivered(3);
      await world.broker.kill();
      await world.pause(500, 5_000);
      await world.broker.start();
      await world.delivered(3);
    },
  },
];

/**
 * Copies the appliance's database with summaries in it that the relay then gets from the original, and more after them.
 * Stops the appliance and resolves with the last number that the relay knows.
 */
async function deliverBeyondCopy(world: World): Promise<number> {
  const { site, link } = world;
  await world.delivered(40);
  link.cut();
  await world.pause(600, 3_000);
  await site.copy();
  link.restore();
  await world.delivered(80);
  await site.rest();
  await world.drained();
  await site.kill();
  return site.outbox()?.lastSeq ?? 0;
}
