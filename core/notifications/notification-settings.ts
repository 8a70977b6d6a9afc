import { z } from 'zod';
import {
  MAX_RULES,
  type NotificationRule,
  type NotificationRuleSchema,
} from '../contract/notification.js';
import {
  completeWaySchema,
  MAX_WAYS,
  type NotificationWay,
  notificationWaySchemaOf,
} from '../contract/notification-way.js';
import type { FieldError } from '../contract/problem.js';
import { readSecret, secretSchema } from '../runtime/configuration.js';
import { ConfigurationError } from '../runtime/errors.js';
import { checkWay } from './ways/check-way.js';

const declaredWaySchema = notificationWaySchemaOf(secretSchema);
type DeclaredWay = z.infer<typeof declaredWaySchema>;

/** The section `notifications` of a configuration: what it declares cannot be changed by the API. */
export const notificationSettings = (
  ruleSchema: NotificationRuleSchema,
  allowOwnMachine: boolean,
) =>
  z
    .strictObject({
      rules: z.array(ruleSchema).max(MAX_RULES).default([]),
      ways: z.array(declaredWaySchema).max(MAX_WAYS).default([]),
      /** Whether a webhook or mail server may be at a loopback address. */
      allowOwnMachine: z.boolean().default(allowOwnMachine),
      /** Of all ways together; of one way a fifth. Beyond it the oldest messages are dropped. */
      maxWaiting: z.int().min(10).max(100_000).default(10_000),
      /** Older messages are dropped. */
      maxAgeDays: z.number().min(0.01).max(30).default(3),
    })
    .superRefine(({ rules, ways }, context) => {
      for (const [field, list] of [
        ['rules', rules],
        ['ways', ways],
      ] as const)
        for (const [i, { id }] of list.entries())
          if (list.findIndex((other) => other.id === id) < i)
            context.addIssue({
              code: 'custom',
              path: [field, i, 'id'],
              message: `duplicate id ${id}; expected unique ids`,
            });
    })
    .prefault({});
export type NotificationSettings = z.infer<ReturnType<typeof notificationSettings>>;

const DAY_MS = 86_400_000;

/** What the module takes from the settings. Throws ConfigurationError, and StartError for a secret that is missing. */
export function declaredIn({ rules, ways, ...limits }: NotificationSettings): {
  declared: { rules: readonly NotificationRule[]; ways: readonly NotificationWay[] };
  allowOwnMachine: boolean;
  limits: { maxWaiting: number; maxWaitingEach: number; maxAgeMs: number };
} {
  const complete = ways.map(withSecrets);
  const errors = complete.flatMap((way, i): FieldError[] => {
    const fault = checkWay(way);
    return fault ? [{ ...fault, path: `notifications.ways.${i}.${fault.path}` }] : [];
  });
  if (errors.length > 0) throw new ConfigurationError('the configuration', errors);
  const { allowOwnMachine, maxWaiting, maxAgeDays } = limits;
  const maxWaitingEach = Math.ceil(maxWaiting / 5);
  return {
    declared: { rules, ways: complete },
    allowOwnMachine,
    limits: { maxWaiting, maxWaitingEach, maxAgeMs: maxAgeDays * DAY_MS },
  };
}

/** The same way with the text of its secrets. */
function withSecrets(way: DeclaredWay): NotificationWay {
  if (way.kind === 'mqtt') return way;
  if (way.kind === 'email')
    return completeWaySchema.parse({
      ...way,
      password: way.password && readSecret(way.password),
    });
  return completeWaySchema.parse({
    ...way,
    url: readSecret(way.url),
    headers: way.headers.map(({ name, value }) => ({ name, value: readSecret(value) })),
    signingSecret: way.signingSecret && readSecret(way.signingSecret),
  });
}
