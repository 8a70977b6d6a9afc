import type { Context } from 'koa';
import { readJson } from '../../core/http/read-json.js';
import { checkNoNul } from '../../core/http/refuse-nul.js';

/** 32 zones of 64 points each, and what else a camera has. */
const MAX_BYTES = 256 * 1024;

/** The settings of a camera as they were sent; `readCameraSettings` validates them. */
export async function readSettingsBody(ctx: Context): Promise<unknown> {
  const body = await readJson(ctx, MAX_BYTES);
  checkNoNul(body, 'body');
  return body;
}
