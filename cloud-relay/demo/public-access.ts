import type { Middleware } from 'koa';
import { limitRate } from '../../core/http/guards.js';
import type { ImageAccess } from '../../core/images/image-routes.js';
import type { RelayConfig } from '../config.js';

/** Anybody may upload, and whoever has an id may use it; nobody may look for the ids of others without a token. */
export const publicImageAccess: ImageAccess = {
  upload: 'anonymous',
  read: 'anonymous',
  remove: 'anonymous',
  list: 'viewer',
};

/** What one address may ask for in a minute. */
export function quotas({ uploadsPerMinute, requestsPerMinute }: RelayConfig['demo']): {
  beforeUpload: Middleware[];
  beforeRead: Middleware[];
} {
  return {
    beforeUpload: [limitRate(uploadsPerMinute)],
    beforeRead: [limitRate(requestsPerMinute)],
  };
}
