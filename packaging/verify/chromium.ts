import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from './checklist.js';
import type { Machine } from './machine.js';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
];
/** The services restart after the set-up, with the workers. */
const RESTART_DEADLINE_MS = 90_000;

export interface FirstRun {
  url: string;
  code: string;
  site: string;
  user: string;
  password: string;
  /** SHA-256 of the certificate, which the page has to show. */
  fingerprint: string;
  /** A code of the relay, which is pasted into the page. */
  relayCode?: string;
  /** A file of this machine with two signs. */
  image: string;
}

/** Runs `visit` in a Chromium of this machine that is in the network of the other one, which has no other. */
export async function inChromium<T>(
  machine: Machine,
  work: string,
  visit: (context: BrowserContext) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(work, 'chromium-'));
  const program = join(folder, 'chromium');
  const words = ['nsenter', ...machine.networkWords, '/usr/bin/chromium'].join(' ');
  writeFileSync(program, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({ executablePath: program, headless: true, args: FLAGS });
    // A browser warns of the certificate that an appliance makes; people compare its fingerprint.
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    return await visit(context);
  } finally {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Sets an appliance up by its page, as a person does, and tries it with an image. Returns the page and what it found. */
export async function setUpByPage(
  context: BrowserContext,
  run: FirstRun,
): Promise<{ page: Page; found: string; seconds: number }> {
  const started = Date.now();
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(run.url);
  await page.fill('#code', run.code);
  await page.click('#code-form button');
  await page.waitForSelector('#setup-form:not([hidden])');
  const shown = (await page.textContent('#fingerprint')) ?? '';
  expect(shown.includes(run.fingerprint), run.fingerprint, shown);
  await page.fill('#site', run.site);
  await page.fill('#name', run.user);
  await page.fill('#password', run.password);
  await page.fill('#repeated', run.password);
  await page.selectOption('#network', 'lan');
  if (run.relayCode !== undefined) {
    await page.selectOption('#relay', 'code');
    await page.fill('#enrolment', run.relayCode);
  }
  await page.click('#setup-form button[type=submit]');
  const outcome = page.waitForSelector('#done:not([hidden]), #fault:not(:empty)', {
    timeout: RESTART_DEADLINE_MS,
  });
  expect((await (await outcome).getAttribute('id')) === 'done', 'a set-up', await said(page));
  await page.setInputFiles('#image', run.image);
  await page.click('#try-form button');
  await page.waitForSelector('#detections li, #fault:not(:empty)');
  const found = await page.$$eval('#detections li', (items) =>
    items.map(({ textContent }) => textContent),
  );
  const instead = [...found, await said(page), ...faults].join('; ');
  expect(found.length === 2, 'two signs', instead);
  // Not waitForFunction, which the page's policy forbids unless its first try succeeds.
  await page.evaluate("document.querySelector('#processed').decode()");
  expect(faults.length === 0, 'no error in the console', faults.join('; '));
  return { page, found: found.join(', '), seconds: Math.round((Date.now() - started) / 1_000) };
}

const said = async (page: Page): Promise<string> => (await page.textContent('#fault')) ?? '';
