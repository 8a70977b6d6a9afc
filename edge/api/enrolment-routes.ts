import { z } from 'zod';
import { type Route, route } from '../../core/http/route.js';
import { ProblemError, StartError } from '../../core/runtime/errors.js';
import { type EnrolParts, enrol } from '../enrolment/enrol.js';
import type { RelayAccount } from '../enrolment/relay-account.js';

const codeSchema = z.strictObject({ code: z.string().min(1).max(2_000) });
const stateSchema = z.object({
  status: z.literal('OK'),
  enrolment: z
    .object({ site: z.string(), relay: z.string(), broker: z.string() })
    .nullable()
    .meta({ description: 'null if the appliance is not enrolled' }),
});

/** The enrolment at a relay: for the page of the set-up, and for administrators. */
export function enrolmentRoutes(
  parts: EnrolParts,
  account: () => RelayAccount | undefined,
): Route[] {
  return [
    route({
      method: 'get',
      path: '/enrolment',
      tag: 'site',
      summary: 'Get where the appliance is enrolled',
      access: 'admin',
      responses: { 200: stateSchema },
      handle: () => present(account()),
    }),
    route({
      method: 'post',
      path: '/enrolment',
      tag: 'site',
      summary: 'Enrol the appliance at a relay with a code; it reports there within seconds',
      access: 'admin',
      audit: 'enrolled',
      body: codeSchema,
      responses: { 200: stateSchema },
      problems: ['enrolment_refused'],
      handle: async ({ body }, ctx) => {
        try {
          const account = await enrol(parts, body.code);
          ctx.state.auditSubject = account.relay.address;
          return present(account);
        } catch (error) {
          if (!(error instanceof StartError)) throw error;
          throw new ProblemError('enrolment_refused', `${error.message}.`, { cause: error });
        }
      },
    }),
  ];
}

const present = (account: RelayAccount | undefined): z.infer<typeof stateSchema> => ({
  status: 'OK',
  enrolment: account
    ? { site: account.site, relay: account.relay.address, broker: account.mqtt.url }
    : null,
});
