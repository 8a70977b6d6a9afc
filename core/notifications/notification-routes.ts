import { z } from 'zod';
import { nameSchema } from '../contract/names.js';
import {
  type NotificationRuleSchema,
  notificationsSchema,
  ruleAnswerSchema,
  testAnswerSchema,
  wayAnswerSchema,
} from '../contract/notification.js';
import {
  deliveryAnswerSchema,
  deliveryPageSchema,
  deliveryQuerySchema,
} from '../contract/notification-delivery.js';
import { givenWaySchema } from '../contract/notification-way.js';
import { type Route, type RouteSpec, route } from '../http/route.js';
import type { Notifications } from './notifications.js';

const doneSchema = z.object({ status: z.literal('OK') });
const ruleParams = z.object({ rule: nameSchema });
const wayParams = z.object({ way: nameSchema });
const deliveryParams = z.object({
  delivery: z.uuid({ version: 'v7', error: 'expected a UUIDv7' }),
});

const TAG = 'notifications';
const change = { tag: TAG, access: 'admin' } satisfies Partial<RouteSpec>;
const act = { tag: TAG, access: 'operator' } satisfies Partial<RouteSpec>;
const read = { tag: TAG, access: 'viewer' } satisfies Partial<RouteSpec>;

/** Rules, ways and messages. `ruleSchema` is that of the program. */
export const notificationRoutes = (
  notifications: Notifications,
  ruleSchema: NotificationRuleSchema,
): Route[] => [
  route({
    ...read,
    method: 'get',
    path: '/notifications',
    summary: 'Get the rules and the ways of notifications',
    description: 'Secrets are never returned: a secret that is set reads as `{"set":true}`.',
    responses: { 200: notificationsSchema },
    handle: async () => ({ status: 'OK', ...(await notifications.overview()) }),
  }),
  ...ruleRoutes(notifications, ruleSchema),
  ...wayRoutes(notifications),
  ...deliveryRoutes(notifications),
];

function ruleRoutes(notifications: Notifications, body: NotificationRuleSchema): Route[] {
  const { definitions } = notifications;
  return [
    route({
      ...change,
      method: 'post',
      path: '/notifications/rules',
      summary: 'Add a rule',
      audit: 'notification_rule_added',
      body,
      responses: { 201: ruleAnswerSchema },
      problems: ['conflict'],
      handle: async ({ body: rule }, ctx) => {
        await definitions.addRule(rule);
        ctx.state.auditSubject = rule.id;
        ctx.status = 201;
        return { status: 'OK', rule: await notifications.rule(rule.id) };
      },
    }),
    route({
      ...change,
      method: 'put',
      path: '/notifications/rules/{rule}',
      summary: 'Replace a rule',
      audit: 'notification_rule_changed',
      params: ruleParams,
      body,
      responses: { 200: ruleAnswerSchema },
      problems: ['not_found', 'notification_read_only'],
      handle: async ({ params, body: rule }) => {
        await definitions.replaceRule(params.rule, rule);
        return { status: 'OK', rule: await notifications.rule(params.rule) };
      },
    }),
    route({
      ...change,
      method: 'delete',
      path: '/notifications/rules/{rule}',
      summary: 'Remove a rule',
      description: 'Messages that wait are still sent.',
      audit: 'notification_rule_removed',
      params: ruleParams,
      responses: { 200: doneSchema },
      problems: ['not_found', 'notification_read_only'],
      handle: async ({ params }) => {
        await definitions.removeRule(params.rule);
        return { status: 'OK' };
      },
    }),
  ];
}

function wayRoutes(notifications: Notifications): Route[] {
  const { definitions } = notifications;
  return [
    route({
      ...change,
      method: 'post',
      path: '/notifications/ways',
      summary: 'Add a way',
      audit: 'notification_way_added',
      body: givenWaySchema,
      responses: { 201: wayAnswerSchema },
      problems: ['conflict'],
      handle: async ({ body: way }, ctx) => {
        await definitions.addWay(way);
        ctx.state.auditSubject = way.id;
        ctx.status = 201;
        return { status: 'OK', way: await notifications.way(way.id) };
      },
    }),
    route({
      ...change,
      method: 'put',
      path: '/notifications/ways/{way}',
      summary: 'Replace a way',
      description:
        'A secret is kept if the marker that an answer has in its place is sent back, and the receiver is the same.',
      audit: 'notification_way_changed',
      params: wayParams,
      body: givenWaySchema,
      responses: { 200: wayAnswerSchema },
      problems: ['not_found', 'notification_read_only'],
      handle: async ({ params, body: way }) => {
        await definitions.replaceWay(params.way, way);
        return { status: 'OK', way: await notifications.way(params.way) };
      },
    }),
    route({
      ...change,
      method: 'delete',
      path: '/notifications/ways/{way}',
      summary: 'Remove a way; messages that wait for it are dropped',
      audit: 'notification_way_removed',
      params: wayParams,
      responses: { 200: doneSchema },
      problems: ['not_found', 'notification_read_only'],
      handle: async ({ params }) => {
        await definitions.removeWay(params.way);
        return { status: 'OK' };
      },
    }),
    route({
      ...act,
      method: 'post',
      path: '/notifications/ways/{way}/test',
      summary: 'Send a test message with a picture at once',
      description: 'The answer of the receiver is in the response, within 30 seconds.',
      audit: 'notification_tested',
      params: wayParams,
      responses: { 200: testAnswerSchema },
      problems: ['not_found'],
      handle: async ({ params }) => ({ status: 'OK', ...(await notifications.test(params.way)) }),
    }),
  ];
}

function deliveryRoutes(notifications: Notifications): Route[] {
  return [
    route({
      ...read,
      method: 'get',
      path: '/notifications/deliveries',
      summary: 'List the messages, newest first: those that wait and a history',
      query: deliveryQuerySchema,
      responses: { 200: deliveryPageSchema },
      handle: async ({ query }) => ({ status: 'OK', ...(await notifications.deliveries(query)) }),
    }),
    route({
      ...act,
      method: 'post',
      path: '/notifications/deliveries/{delivery}/retry',
      summary: 'Send a message at once, also one that was dropped',
      audit: 'notification_retried',
      params: deliveryParams,
      responses: { 200: deliveryAnswerSchema },
      problems: ['not_found'],
      handle: async ({ params }) => ({
        status: 'OK',
        delivery: await notifications.retry(params.delivery),
      }),
    }),
    route({
      ...act,
      method: 'delete',
      path: '/notifications/deliveries/{delivery}',
      summary: 'Remove a message; one that waits is not sent',
      audit: 'notification_removed',
      params: deliveryParams,
      responses: { 200: doneSchema },
      problems: ['not_found'],
      handle: async ({ params }) => {
        await notifications.remove(params.delivery);
        return { status: 'OK' };
      },
    }),
  ];
}
