import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ExecutionContext } from 'ava';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's Chromium as tests need it: as root, without a display, and without calls home. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface ConsolePage {
  page: Page;
  /** Errors on the browser's console and in the page. Chromium also reports there each answer that is an error. */
  complaints: string[];
}

/** `names` are Chromium's rules for what host names lead to. */
export const launchChromium = (names = 'MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: [...FLAGS, `--host-resolver-rules=${names}`],
  });

/** A page in Debian's Chromium with the addresses of a program and nothing else; it ends with the test. */
export async function openPage(
  t: Pick<ExecutionContext, 'teardown'>,
  url: string,
  options: BrowserContextOptions = {},
): Promise<ConsolePage> {
  const { hostname } = new URL(url);
  const browser = await launchChromium(`MAP * ~NOTFOUND, EXCLUDE ${hostname}`);
  t.teardown(() => browser.close());
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, complaints };
}

/** Logs in on the form that a page shows to who is not. */
export async function logInOn(page: Page, user: string, password: string): Promise<void> {
  await page.getByLabel('User name').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('navigation').first().waitFor();
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong on the page as it is, of its serious and critical rules: one line for each. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe: tool } = globalThis as unknown as {
      axe: {
        run(): Promise<{
          violations: { id: string; impact: string; help: string; nodes: { html: string }[] }[];
        }>;
      };
    };
    const { violations } = await tool.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}
