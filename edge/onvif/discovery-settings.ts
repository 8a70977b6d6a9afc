import { z } from 'zod';
import { secretSchema } from '../../core/runtime/configuration.js';

/** How cameras are looked for. */
export const discoverySettings = z
  .strictObject({
    /** The network interface to ask on, e.g. `eth0`; the one of the default route where it is left out. */
    interface: z.string().min(1).max(15).optional(),
    /** How long answers are waited for. */
    timeoutSeconds: z.number().min(0.1).max(60).default(5),
    /** Sent to every device that is found on the network, as a digest: for an account that may only look. */
    auth: z.strictObject({ username: z.string().min(1), password: secretSchema }).optional(),
  })
  .prefault({});
export type DiscoverySettings = z.infer<typeof discoverySettings>;
