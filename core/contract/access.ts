import { z } from 'zod';
import { instantSchema, nameSchema } from './names.js';

export const roleSchema = z.enum(['viewer', 'operator', 'admin']);
export type Role = z.infer<typeof roleSchema>;

/** What a caller is known by; `anyone` if the program asks for nothing. */
export const principalKindSchema = z.enum(['token', 'user', 'proxy', 'camera', 'anyone']);
export type PrincipalKind = z.infer<typeof principalKindSchema>;

/** The name of a person who logs in. It may look like an e-mail address. */
export const userNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._@-]{0,62}$/,
    'expected 1 to 63 of a-z, 0-9, ".", "_", "@" and "-", beginning with a letter or digit',
  );

export const MIN_PASSWORD_LENGTH = 12;
export const MAX_PASSWORD_LENGTH = 256;

/** Its form alone; see `passwordFault` for what else is refused. */
export const passwordSchema = z.string().max(MAX_PASSWORD_LENGTH);

export const userSchema = z
  .object({
    name: userNameSchema,
    role: roleSchema,
    createdAt: instantSchema,
    passwordChangedAt: instantSchema,
    sessions: z.int().min(0).meta({ description: 'How many are open' }),
  })
  .meta({ id: 'User' });
export type UserResource = z.infer<typeof userSchema>;

export const sessionSchema = z
  .object({
    id: z.string(),
    user: userNameSchema,
    startedAt: instantSchema,
    lastUsedAt: instantSchema.meta({ description: 'To the minute' }),
    address: z.string().meta({ description: 'Where the user logged in from' }),
    agent: z.string().meta({ description: 'The browser, as it names itself' }),
    current: z.boolean().meta({ description: 'Whether this request belongs to it' }),
  })
  .meta({ id: 'Session' });
export type SessionResource = z.infer<typeof sessionSchema>;

export const tokenSchema = z
  .object({
    name: z.string(),
    role: roleSchema,
    cameras: z
      .array(nameSchema)
      .nullable()
      .meta({ description: 'The token is good for these cameras alone; null for everything' }),
    createdAt: instantSchema,
    expiresAt: instantSchema.nullable(),
    lastUsedAt: instantSchema.nullable().meta({ description: 'To the minute' }),
  })
  .meta({ id: 'Token' });
export type TokenResource = z.infer<typeof tokenSchema>;

/** What the audit log records. */
export const auditActionSchema = z.enum([
  'log_in',
  'log_out',
  'log_in_refused',
  'token_refused',
  'proxy_refused',
  'role_refused',
  'user_added',
  'user_role_changed',
  'user_password_changed',
  'user_removed',
  'sessions_ended',
  'token_added',
  'token_removed',
  'set_up',
  'configuration_reloaded',
  'camera_paused',
  'camera_resumed',
  'camera_added',
  'camera_changed',
  'camera_removed',
  'camera_restored',
  'camera_tested',
  'cameras_discovered',
  'configuration_exported',
  'image_removed',
  'sighting_marked',
  'detector_added',
  'detector_changed',
  'detector_removed',
  'site_added',
  'site_password_renewed',
  'site_removed',
  'enrolment_offered',
  'enrolment_withdrawn',
  'enrolled',
  'credentials_rotated',
  'credentials_revoked',
  'notification_rule_added',
  'notification_rule_changed',
  'notification_rule_removed',
  'notification_way_added',
  'notification_way_changed',
  'notification_way_removed',
  'notification_tested',
  'notification_retried',
  'notification_removed',
  'backup_made',
  'backup_restored',
  'restarted',
  'upgrade_looked_for',
  'upgrade_requested',
]);
export type AuditAction = z.infer<typeof auditActionSchema>;

/** Who did it: a caller of the API, an operator at the command line, a client of MQTT, or the program. */
export const auditActorKindSchema = z.enum([
  ...principalKindSchema.options,
  'command',
  'mqtt',
  'program',
]);
export type AuditActorKind = z.infer<typeof auditActorKindSchema>;

export const auditEntrySchema = z
  .object({
    id: z.int(),
    at: instantSchema,
    action: auditActionSchema,
    actor: z.object({
      name: z.string(),
      kind: auditActorKindSchema,
      address: z.string().nullable(),
    }),
    subject: z.string().nullable().meta({ description: 'What it was done to' }),
    detail: z.string().nullable(),
    count: z.int().min(1).meta({ description: 'How often, if repetitions are one entry' }),
    lastAt: instantSchema.meta({ description: 'When it was done last' }),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntryResource = z.infer<typeof auditEntrySchema>;
