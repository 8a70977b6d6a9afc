import { z } from 'zod';
import { instantSchema, nameSchema } from './names.js';

const ok = { status: z.literal('OK') };

/** An appliance makes its own password, of at least 160 random bits, so that a repeated request does not change it. */
export const sitePasswordSchema = z
  .string()
  .regex(/^[\w-]{27,128}$/, 'expected 27 to 128 of A-Z, a-z, 0-9, "_" and "-"');

/** How the site reaches the relay's broker. */
export const siteBrokerSchema = z.object({
  url: z.url({ protocol: /^mqtts?$/ }),
  root: z.string().min(1).max(256),
  username: z.string().min(1).max(64),
  ca: z.string().max(65_536).optional().meta({
    description: 'Certificate authorities to trust instead of those of the system, as PEM',
  }),
  fingerprint: z.string().max(128).optional().meta({
    description: "The SHA-256 of the broker's certificate, instead of an authority",
  }),
});
export type SiteBroker = z.infer<typeof siteBrokerSchema>;

/** An appliance exchanges a code for its account. */
export const exchangeSchema = z.strictObject({
  secret: z.string().regex(/^[0-9a-f]{30}$/, 'expected the secret of a code'),
  site: nameSchema,
  password: sitePasswordSchema,
});
export type Exchange = z.infer<typeof exchangeSchema>;
export const exchangedSchema = z.object({ ...ok, mqtt: siteBrokerSchema });

/** A site asks whether its password is to be rotated, and rotates it. */
export const credentialsRequestSchema = z.strictObject({
  password: sitePasswordSchema.meta({ description: 'The present one' }),
  next: sitePasswordSchema.optional().meta({ description: 'The one to use from now on' }),
});
export type CredentialsRequest = z.infer<typeof credentialsRequestSchema>;
export const credentialsSchema = z.object({
  ...ok,
  rotate: z.boolean().meta({ description: 'An operator asked for another password' }),
  mqtt: siteBrokerSchema,
});

export const offeredCodeSchema = z.object({
  ...ok,
  site: nameSchema,
  code: z.string().meta({ description: 'Shown only once, good once' }),
  expiresAt: instantSchema,
});
