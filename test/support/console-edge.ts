import type { ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { ApiClient } from './api-client.js';
import { logInOn, openPage } from './console-page.js';
import { type RunningEdge, startEdge } from './edge.js';
import { countClicks } from './task-meter.js';

export const PASSWORD = 'violet tram under rain';

export interface ConsoleEdge {
  edge: RunningEdge;
  api: ApiClient;
  page: Page;
  complaints: string[];
}

/** An appliance with its console open, where an administrator (or another role) is logged in. */
export async function consoleEdge(
  t: ExecutionContext,
  {
    settings = [],
    role = 'admin',
    path = '/cameras',
    ...options
  }: {
    settings?: string[];
    role?: 'viewer' | 'operator' | 'admin';
    path?: string;
    configFile?: string;
    manifest?: string;
    viewport?: { width: number; height: number };
  } = {},
): Promise<ConsoleEdge> {
  const { viewport, ...start } = options;
  const edge = await startEdge(settings, start);
  t.teardown(edge.stop);
  await edge.access.users.create('ada', role, PASSWORD);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const opened = await openPage(t, `${edge.url}${path}`, viewport ? { viewport } : {});
  await logInOn(opened.page, 'ada', PASSWORD);
  await countClicks(opened.page);
  return { edge, api, ...opened };
}
