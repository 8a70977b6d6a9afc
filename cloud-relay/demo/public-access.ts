import type { Middleware } from 'koa';
import { limitRate } from '../../core/http/guards.js';
import { clientOf } from '../../core/images/client-origin.js';
import type { ImageAccess } from '../../core/images/image-routes.js';
import type { UploadQuota } from '../../core/images/upload-quota.js';
import type { RelayConfig } from '../config.js';

/** Anyone may upload, and anyone with an id may use it; listing ids needs a token. */
export const publicImageAccess: ImageAccess = {
  upload: 'anonymous',
  read: 'anonymous',
  remove: 'anonymous',
  list: 'viewer',
};

const checkQuota =
  (quota: UploadQuota): Middleware =>
  async (ctx, next) => {
    quota.check(clientOf(ctx));
    await next();
  };

/** The limits of one address. */
export function quotas(
  { uploadsPerMinute, requestsPerMinute }: RelayConfig['demo'],
  quota: UploadQuota,
): {
  beforeUpload: Middleware[];
  beforeRead: Middleware[];
} {
  return {
    beforeUpload: [limitRate(uploadsPerMinute, 'uploads'), checkQuota(quota)],
    beforeRead: [limitRate(requestsPerMinute, 'requests')],
  };
}
