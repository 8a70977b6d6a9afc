import { z } from 'zod';
import { userNameSchema } from '../../core/contract/access.js';
import { nameSchema } from '../../core/contract/names.js';
import { fingerprintSchema } from '../../core/runtime/tls/fingerprint.js';

const networkSchema = z
  .union([z.enum(['this-machine', 'lan']), z.ipv4(), z.ipv6()], {
    error: 'expected "lan", "this-machine" or an IP address',
  })
  .meta({
    description: 'Who reaches the API: `this-machine`, `lan` for all addresses, or one address',
  });

const accountSchema = z.strictObject({
  url: z.url({ protocol: /^mqtts?$/, error: 'expected mqtts://HOST:PORT' }).max(512),
  username: z.string().min(1).max(256).optional(),
  password: z.string().min(1).max(1_024).optional(),
  fingerprint: fingerprintSchema.optional(),
});

const enrolmentSchema = z.strictObject({
  code: z.string().min(1).max(1_024).meta({ description: 'From `siteglass-relay sites enrol`' }),
});

export const setupRequestSchema = z.strictObject({
  site: nameSchema.optional().meta({ description: 'Unless the configuration has it' }),
  administrator: z.strictObject({ name: userNameSchema, password: z.string().max(256) }),
  network: networkSchema.optional().meta({ description: 'Unless the configuration has it' }),
  relay: z.union([accountSchema, enrolmentSchema]).optional(),
});
export type SetupRequest = z.infer<typeof setupRequestSchema>;

const fixable = (value: z.ZodType) =>
  z.object({
    value,
    fixed: z
      .boolean()
      .meta({ description: 'Whether the configuration has it, so that it cannot be set here' }),
  });

export const setupStateSchema = z
  .object({
    status: z.literal('OK'),
    version: z.string(),
    /** The configuration file; null if there is none. */
    configuration: z.string().nullable(),
    site: fixable(z.string().nullable()),
    network: fixable(z.string().nullable()),
    relay: fixable(z.string().nullable()),
    addresses: z.array(z.string()).meta({ description: 'Of this machine, to choose from' }),
    fingerprint: z.string().nullable().meta({ description: 'SHA-256 of the TLS certificate' }),
  })
  .meta({ id: 'Setup' });
export type SetupState = z.infer<typeof setupStateSchema>;

export const setupDoneSchema = z.object({
  status: z.literal('OK'),
  url: z.string().meta({ description: 'Where the appliance is reached after its restart' }),
  readyInSeconds: z.number().meta({ description: 'When to expect it there' }),
});
export type SetupDone = z.infer<typeof setupDoneSchema>;
