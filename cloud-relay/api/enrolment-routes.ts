import { z } from 'zod';
import {
  credentialsRequestSchema,
  credentialsSchema,
  exchangedSchema,
  exchangeSchema,
  offeredCodeSchema,
} from '../../core/contract/enrolment.js';
import { nameSchema } from '../../core/contract/names.js';
import { limitRate } from '../../core/http/guards.js';
import { type Route, route } from '../../core/http/route.js';
import { toIsoString } from '../../core/runtime/clock.js';
import type { Enrolments } from '../fleet/enrolments.js';

const tag = 'sites';
const bySite = z.object({ site: nameSchema });
const ok = { status: z.literal('OK') };
/** Of one address: appliances behind one router enrol one after the other. */
const ATTEMPTS_PER_MINUTE = 10;
const CHECKS_PER_MINUTE = 120;

export const enrolmentRoutes = (enrolments: Enrolments): Route[] => [
  ...operatorRoutes(enrolments),
  ...applianceRoutes(enrolments),
];

function operatorRoutes(enrolments: Enrolments): Route[] {
  return [
    route({
      method: 'post',
      path: '/sites/{site}/enrolment',
      tag,
      summary:
        'Make a code with which an appliance becomes this site; it is good once, for an hour',
      access: 'admin',
      audit: 'enrolment_offered',
      params: bySite,
      responses: { 201: offeredCodeSchema },
      problems: ['conflict', 'invalid_configuration', 'rate_limited'],
      handle: async ({ params }, ctx) => {
        const { site, code, expiresAt } = await enrolments.offer(params.site);
        ctx.status = 201;
        ctx.set('Cache-Control', 'no-store');
        return { status: 'OK', site, code, expiresAt: toIsoString(expiresAt) };
      },
    }),
    route({
      method: 'post',
      path: '/sites/{site}/rotation',
      tag,
      summary: 'Ask a site to change its password; it does so once it is online',
      access: 'admin',
      audit: 'credentials_rotated',
      params: bySite,
      responses: { 200: z.object(ok) },
      problems: ['not_found'],
      handle: async ({ params }) => {
        await enrolments.askForRotation(params.site);
        return { status: 'OK' };
      },
    }),
    route({
      method: 'post',
      path: '/sites/{site}/revocation',
      tag,
      summary: 'End the account of a site and its connection at once; what it reported stays',
      access: 'admin',
      audit: 'credentials_revoked',
      params: bySite,
      responses: { 200: z.object(ok) },
      problems: ['not_found', 'broker_unavailable'],
      handle: async ({ params }) => {
        await enrolments.revoke(params.site);
        return { status: 'OK' };
      },
    }),
  ];
}

function applianceRoutes(enrolments: Enrolments): Route[] {
  return [
    route({
      method: 'post',
      path: '/enrolment',
      tag,
      summary: 'Exchange a code for the account of a site; an appliance calls this',
      access: 'anonymous',
      audit: 'enrolled',
      body: exchangeSchema,
      responses: { 200: exchangedSchema },
      problems: [
        'enrolment_refused',
        'invalid_configuration',
        'broker_unavailable',
        'rate_limited',
      ],
      before: [limitRate(ATTEMPTS_PER_MINUTE)],
      handle: async ({ body }, ctx) => {
        ctx.state.auditSubject = body.site;
        return { status: 'OK', mqtt: await enrolments.exchange(body) };
      },
    }),
    route({
      method: 'post',
      path: '/sites/{site}/credentials',
      tag,
      summary:
        "Ask whether the site's password is to change, or change it; an appliance calls this",
      access: 'anonymous',
      params: bySite,
      body: credentialsRequestSchema,
      responses: { 200: credentialsSchema },
      problems: [
        'enrolment_refused',
        'invalid_configuration',
        'broker_unavailable',
        'rate_limited',
      ],
      before: [limitRate(CHECKS_PER_MINUTE)],
      handle: async ({ params, body }) => ({
        status: 'OK',
        ...(await enrolments.refresh(params.site, body)),
      }),
    }),
  ];
}
