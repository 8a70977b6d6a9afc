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

/** What axe finds wrong on the page as it is, of its moderate, serious and critical rules: one line for each. */
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
      .filter(({ impact }) => impact !== 'minor')
      .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

/** Parts that are scrolled sideways because that is what they are for: the strip of days, and lines of code. */
const SIDEWAYS = '.days, pre, .command > section';

/** What is wider than its place on the page as it is: the page itself, a part that scrolls sideways, or one that sticks out. */
export const widerThanPlace = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`(() => {
    const name = (one) => one.tagName.toLowerCase() + (one.id && '#' + one.id) +
      [...one.classList].map((own) => '.' + own).join('');
    const isClipped = (one) => one !== null && (getComputedStyle(one).clipPath !== 'none' || isClipped(one.parentElement));
    const width = document.documentElement.clientWidth;
    const found = [];
    if (document.documentElement.scrollWidth > width) found.push('the page is ' + document.documentElement.scrollWidth + ' wide');
    for (const one of document.querySelectorAll('body *')) {
      if (one.closest('${SIDEWAYS}') || one.closest('svg') || !one.checkVisibility({ visibilityProperty: true })) continue;
      const style = getComputedStyle(one);
      const box = one.getBoundingClientRect();
      if (box.width <= 1 || box.height <= 1 || style.display === 'inline') continue;
      if (['auto', 'scroll'].includes(style.overflowX) && one.tagName !== 'TEXTAREA' && one.scrollWidth > one.clientWidth + 1)
        found.push('scrolls sideways: ' + name(one));
      if ((box.right > width + 1 || box.left < -1) && !one.closest('.skip') && !isClipped(one))
        found.push('sticks out: ' + name(one));
    }
    return [...new Set(found)].slice(0, 12);
  })()`);
