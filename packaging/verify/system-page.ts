import type { BrowserContext, Page } from 'playwright-core';
import { messageOf } from '../../core/runtime/errors.js';
import { Problem } from '../../scripts/lib/problem.mjs';
import { EDGE, PASSWORD, USER } from './walk-machine.js';

/** Visits the page System of the console. What fails there is thrown with the text of the page. */
export async function visitSystemPage<T>(
  context: BrowserContext,
  visit: (page: Page) => Promise<T>,
): Promise<T> {
  const page = await logIn(context);
  try {
    return await visit(page);
  } catch (error) {
    const text = await page
      .locator('main')
      .innerText({ timeout: 1_000 })
      .catch(() => 'nothing');
    throw new Problem(`${messageOf(error)}; the page has: ${text.replace(/\s+/g, ' ')}`);
  }
}

/** Looks for a newer version, and waits for the answer. */
export async function look(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Look for a newer version' });
  await button.click();
  await page.getByRole('button', { name: 'Looking for a newer version' }).waitFor();
  await button.waitFor({ timeout: 60_000 });
}

/** The page System of the console, by an administrator who logs in. */
async function logIn(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`https://${EDGE}:8080/system`);
  await page.getByLabel('User name').fill(USER);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'Version' }).waitFor();
  return page;
}
