import { z } from 'zod';
import { instantSchema } from './names.js';

/**
 * Routes, below /api/v1 of the appliance, for administrators:
 * - GET /system/upgrade → upgradeSchema
 * - POST /system/upgrade/check → 202 upgradeSchema
 * - POST /system/upgrade → 202 upgradeSchema; 409 upgrade_refused
 */

export const adviceSchema = z
  .object({
    reason: z.string(),
    advice: z.string().meta({ description: 'What to do' }),
    command: z
      .string()
      .nullable()
      .meta({ description: 'A command that does it; null if there is none' }),
  })
  .meta({ id: 'UpgradeAdvice' });
export type UpgradeAdvice = z.infer<typeof adviceSchema>;

export const upgradePhaseSchema = z.enum([
  'asked',
  'installing',
  'repairing',
  'starting',
  'returning',
]);
export type UpgradePhase = z.infer<typeof upgradePhaseSchema>;

export const lastUpgradeSchema = z
  .object({
    outcome: z.enum(['upgraded', 'returned', 'failed', 'interrupted']).meta({
      description:
        'returned: the newer version did not run, and the one before runs again; failed: nothing was changed, unless the reason says so; interrupted: the machine went down, and the next run completes it',
    }),
    from: z.string(),
    to: z.string().nullable(),
    startedAt: instantSchema.nullable(),
    finishedAt: instantSchema.nullable(),
    fault: adviceSchema.nullable(),
    output: z.string().meta({ description: 'The last lines of apt and dpkg' }),
  })
  .meta({ id: 'LastUpgrade' });
export type LastUpgrade = z.infer<typeof lastUpgradeSchema>;

export const upgradeSchema = z
  .object({
    status: z.literal('OK'),
    installation: z
      .enum(['package', 'container', 'source'])
      .meta({ description: 'How this appliance was installed, and so how it is upgraded' }),
    installed: z.string(),
    newest: z
      .string()
      .nullable()
      .meta({ description: 'A version that is newer; null if none is known' }),
    checkedAt: instantSchema.nullable().meta({ description: 'The last look at the repository' }),
    problem: adviceSchema
      .nullable()
      .meta({ description: 'Why the last look found nothing out; null if it did' }),
    running: z.enum(['check', 'upgrade']).nullable(),
    phase: upgradePhaseSchema.nullable().meta({ description: 'Of what runs' }),
    obstacle: adviceSchema
      .nullable()
      .meta({ description: 'Why the browser cannot upgrade this appliance; null if it can' }),
    last: lastUpgradeSchema.nullable(),
  })
  .meta({ id: 'Upgrade' });
export type UpgradeResource = z.infer<typeof upgradeSchema>;
