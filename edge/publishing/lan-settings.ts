import { z } from 'zod';
import { mqttTextSchema } from '../../core/contract/names.js';
import { secretSchema } from '../../core/runtime/configuration.js';
import { brokerClientShape, isGuarded, topicRoot, unguarded } from '../../core/runtime/settings.js';
import { brokerTlsShape, pinNeedsTls } from '../../core/runtime/tls/tls-settings.js';

/** What the appliance publishes and accepts at a broker. */
export const brokerProfileShape = {
  /** Home Assistant's discovery. */
  homeAssistant: z.boolean(),
  /** Annotated snapshots as JPEG, which are large. */
  snapshots: z.boolean().default(false),
  /** Whether to accept commands from this broker. */
  commands: z.boolean().default(true),
};

const account = z.strictObject({
  username: mqttTextSchema.max(64),
  password: secretSchema,
  /** A reader subscribes; an operator may also send commands. */
  role: z.enum(['reader', 'operator']).default('reader'),
});

/** A broker inside the appliance, for a site that has none. Anonymous clients from the network need a second setting. */
const embeddedSchema = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1'),
    port: z.int().min(0).max(65_535).default(1883),
    auth: z.enum(['accounts', 'none']).default('accounts'),
    allowAnyoneOnTheNetwork: z.boolean().default(false),
    ...brokerTlsShape,
    accounts: z.array(account).max(64).default([]),
  })
  .refine(isGuarded, unguarded('accounts'))
  .superRefine(({ accounts }, context) => {
    const names = accounts.map(({ username }) => username);
    for (const [i, name] of names.entries())
      if (names.indexOf(name) < i)
        context.addIssue({
          code: 'custom',
          path: ['accounts', i, 'username'],
          message: `another account has the user name ${name}`,
        });
  });

/** The broker on the LAN: an existing one, or the embedded one. */
export const lanSchema = z
  .strictObject({
    ...brokerClientShape,
    url: brokerClientShape.url.optional(),
    embedded: embeddedSchema.optional(),
    root: topicRoot,
    ...brokerProfileShape,
    homeAssistant: brokerProfileShape.homeAssistant.default(true),
  })
  .refine(({ url, embedded }) => (url === undefined) !== (embedded === undefined), {
    path: ['url'],
    error: 'expected either "url", a broker on the LAN, or "embedded", one in the appliance',
  })
  .refine(pinNeedsTls.check, pinNeedsTls);
export type LanSettings = z.infer<typeof lanSchema>;
