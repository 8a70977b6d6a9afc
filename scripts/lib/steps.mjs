import { showProgress } from './progress.mjs';

/**
 * One step of a set-up.
 * @typedef {object} Step
 * @property {string} title
 * @property {() => string | undefined} check Describes what the step would do; undefined if nothing is missing.
 * @property {(status: (text: string) => void) => void | Promise<void>} run
 */

/**
 * Lists what is missing, then runs the steps that supply it. Each step checks again before it runs, because an earlier
 * step may have changed the answer.
 * @param {Step[]} steps
 */
export async function runSteps(steps) {
  const plan = steps.map((step) => step.check()).filter((line) => line !== undefined);
  if (plan.length > 0) console.log(`Set-up will:\n${plan.map((line) => `  - ${line}\n`).join('')}`);
  for (const step of steps) {
    if (step.check()) await showProgress(step.title, async (status) => step.run(status));
  }
}
