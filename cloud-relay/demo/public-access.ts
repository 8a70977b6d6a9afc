import type { Middleware } from 'koa';
import { limitRate } from '../../core/http/guards.js';
import type { ImageAccess } from '../../core/images/image-routes.js';
import type { RelayConfig } from '../config.js';

/** Anyone may upload, and anyone with an id may use it; listing ids needs a token. */
export const publicImageAccess: ImageAccess = {
  upload: 'anonymous',
  read: 'anonymous',
  remove: 'anonymous',
  list: 'viewer',
};

/** The rate limits of one address. */
export function quotas({ uploadsPerMinute, requestsPerMinute }: RelayConfig['demo']): {
  beforeUpload: Middleware[];
  beforeRead: Middleware[];
} {
  return {
    beforeUpload: [limitRate(uploadsPerMinute)],
    beforeRead: [limitRate(requestsPerMinute)],
  };
}
