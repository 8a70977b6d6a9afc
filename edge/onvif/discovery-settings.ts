import { z } from 'zod';
import { secretSchema } from '../../core/runtime/configuration.js';

/** How cameras are discovered. */
export const discoverySettings = z
  .strictObject({
    /** The network interface to probe, e.g. `eth0`; that of the default route if absent. */
    interface: z.string().min(1).max(15).optional(),
    /** How long to wait for responses. */
    timeoutSeconds: z.number().min(0.1).max(60).default(5),
    /** Sent as a digest to every device that is found: use an account with viewer rights only. */
    auth: z.strictObject({ username: z.string().min(1), password: secretSchema }).optional(),
  })
  .prefault({});
export type DiscoverySettings = z.infer<typeof discoverySettings>;
