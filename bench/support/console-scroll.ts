import type { Browser, Page } from 'playwright-core';
import { frameColumns, type MainThread, mainThreadOf, TRACE_CATEGORIES } from './frame-trace.js';
import { cpuMs, machineCpuMs } from './processes.js';
import { percentiles } from './report.js';

/** Pixels of each frame while the list is scrolled. */
const STEP = 80;
/** A frame that takes longer is seen as a stop. */
const SLOW_MS = 50;

/** Milliseconds between frames from the first event to the last, and of each long task. Runs in the page. */
const SCROLL_THROUGH = `(async () => {
  const tasks = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries()));
  observer.observe({ type: 'longtask' });
  const times = [];
  let before = await new Promise(requestAnimationFrame);
  for (let still = 0; still < 120; ) {
    const top = scrollY;
    scrollBy(0, ${STEP});
    still = scrollY === top ? still + 1 : 0;
    const now = await new Promise(requestAnimationFrame);
    if (still === 0) times.push(now - before);
    before = now;
  }
  tasks.push(...observer.takeRecords());
  return { times, longTasks: tasks.map(({ duration }) => duration) };
})()`;

export interface Scroll {
  /** Milliseconds from frame to frame. */
  frames: number[];
  /** Milliseconds of each task of the page over 50 ms, as its clock saw it. */
  longTasks: number[];
  page: MainThread;
  /** Milliseconds of processor time of each frame: of Chromium's processes by kind, the appliance, and the machine. */
  processes: Record<string, number>;
}

/** Scrolls from the top of a page to its end, with what that takes of the page's thread and of all processes. */
export async function scrollThrough(page: Page, appliance: number[]): Promise<Scroll> {
  const browser = page.context().browser();
  if (!browser) throw new Error('the page has no browser of its own');
  const used = await usageOf(browser, appliance);
  await browser.startTracing(page, { categories: TRACE_CATEGORIES });
  const { times, longTasks } = await page.evaluate<{ times: number[]; longTasks: number[] }>(
    SCROLL_THROUGH,
  );
  const now = await usageOf(browser, appliance);
  const trace = await browser.stopTracing();
  const processes = Object.entries(now).map(([kind, ms]) => [
    kind,
    (ms - (used[kind] ?? 0)) / times.length,
  ]);
  return {
    frames: times,
    longTasks,
    page: mainThreadOf(trace),
    processes: Object.fromEntries(processes) as Record<string, number>,
  };
}

async function usageOf(browser: Browser, appliance: number[]): Promise<Record<string, number>> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const usage: Record<string, number> = {
    appliance: appliance.reduce((sum, pid) => sum + cpuMs(pid), 0),
    machine: machineCpuMs().used,
  };
  for (const { type, cpuTime } of processInfo) usage[type] = (usage[type] ?? 0) + 1_000 * cpuTime;
  return usage;
}

/** A scroll as the lines of tables: frames as they were shown, the page's own part, and all processes. */
export function scrollTables({ frames, longTasks, page, processes }: Scroll) {
  const { script, layout, paint, garbage } = page.parts;
  const each = (ms: number) => ms / frames.length;
  return [
    {
      ...frameColumns('frame', frames),
      [`over ${SLOW_MS} ms`]: frames.filter((ms) => ms > SLOW_MS).length,
      frames: frames.length,
    },
    {
      ...frameColumns('page ms', page.frames),
      [`over ${SLOW_MS} ms`]: page.frames.filter((ms) => ms > SLOW_MS).length,
      'longest task': page.longestTask,
      'long tasks': longTasks.length,
    },
    {
      'page ms a frame': page.frames.reduce((sum, ms) => sum + ms, 0) / frames.length,
      script: each(script),
      'style, layout': each(layout),
      paint: each(paint),
      garbage: each(garbage),
    },
    Object.fromEntries(Object.entries(processes).map(([kind, ms]) => [`${kind} ms`, ms])),
  ];
}

export function scrollFigures({ frames, page }: Scroll): Record<string, number> {
  const shown = percentiles(frames);
  const own = percentiles(page.frames);
  return {
    scrollFrameP50Ms: shown.p50,
    scrollFrameP95Ms: shown.p95,
    scrollFrameP99Ms: shown.p99,
    scrollFrameMaxMs: shown.max,
    scrollFramesOver50Ms: frames.filter((ms) => ms > SLOW_MS).length,
    scrollPageP50Ms: own.p50,
    scrollPageP99Ms: own.p99,
    scrollPageMaxMs: own.max,
    scrollLongestTaskMs: page.longestTask,
  };
}
