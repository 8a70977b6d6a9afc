import type { ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';

const COUNT = "sessionStorage['clicks-of-the-task']";
const COUNTER = `addEventListener('click', () => { ${COUNT} = Number(${COUNT} ?? 0) + 1; }, true);`;

/** Counts a page's clicks from now on, over its reloads. */
export async function countClicks(page: Page): Promise<void> {
  await page.addInitScript(COUNTER);
  await page.evaluate(COUNTER);
}

/** Does a task in the browser, and reports how many clicks and seconds it took. */
export async function measure(
  t: ExecutionContext,
  page: Page,
  task: string,
  work: () => Promise<void>,
): Promise<void> {
  await page.evaluate(`${COUNT} = 0`);
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1_000;
  const clicks = await page.evaluate(COUNT);
  t.log(`${task}: ${clicks} clicks, ${seconds.toFixed(1)} s`);
  t.true(seconds < 60, `${task} takes ${seconds} s`);
}
