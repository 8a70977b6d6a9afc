import { rmSync } from 'node:fs';
import { messageOf } from '../../../core/runtime/errors.js';
import { openRelayTables } from './relay-tables.js';
import type { Scenario } from './scenario.js';
import { judge, type Verdict } from './verdict.js';
import { World, type WorldOptions } from './world.js';

export interface Outcome {
  scenario: string;
  seed: number;
  produced: number;
  lost: number;
  doubled: number;
  /** From the last summary that was produced to the last that was acknowledged. */
  drainSeconds: number;
  /** Nothing was lost or doubled, and nothing else was wrong. */
  passed: boolean;
  /** What was wrong, in words. */
  problems: string[];
  /** Logs and databases; gone where it passed. */
  folder: string;
}

/** Runs a scenario in a world of its own and holds what arrived against what was produced. */
export async function runScenario(scenario: Scenario, options: WorldOptions): Promise<Outcome> {
  const problems: string[] = [];
  let drainSeconds = Number.NaN;
  const world = await World.create(scenario, options);
  let verdicts: Verdict[] = [];
  try {
    try {
      await world.start();
      await scenario.faults(world);
      drainSeconds = await world.drain();
    } catch (error) {
      problems.push(messageOf(error));
    }
    verdicts = await judgeAll(world, scenario);
  } catch (error) {
    problems.push(messageOf(error));
  } finally {
    await world.stop();
  }
  for (const { lost, doubled, problems: found } of verdicts)
    problems.push(
      ...lost.map((id) => `lost ${id}`),
      ...doubled.map((id) => `doubled ${id}`),
      ...found,
    );
  const total = (count: (verdict: Verdict) => number) =>
    verdicts.reduce((sum, verdict) => sum + count(verdict), 0);
  const produced = total((verdict) => verdict.produced);
  if (produced === 0) problems.push('nothing was produced');
  if (problems.length === 0) rmSync(options.folder, { recursive: true, force: true });
  return {
    scenario: scenario.name,
    seed: options.seed,
    produced,
    lost: total(({ lost }) => lost.length),
    doubled: total(({ doubled }) => doubled.length),
    drainSeconds,
    passed: problems.length === 0,
    problems,
    folder: options.folder,
  };
}

/** With everything at rest: no process that could still change something runs. */
async function judgeAll(world: World, scenario: Scenario): Promise<Verdict[]> {
  for (const { process } of world.sites) await process.kill();
  for (const relay of world.relays) await relay.kill();
  const { db, close } = await openRelayTables(world.database);
  try {
    const verdicts: Verdict[] = [];
    for (const site of world.sites)
      verdicts.push(
        await judge(db, site.names, site.produced(), site.outbox(), scenario.recognises),
      );
    return verdicts;
  } finally {
    await close();
  }
}
