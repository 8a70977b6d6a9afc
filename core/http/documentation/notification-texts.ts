import type { FieldText, FieldTexts } from './field-text.js';

const RULE_ID: FieldText = ['Id of the rule', 'person-at-night'];
const WAY_ID: FieldText = ['Id of the way', 'duty-phone'];
const WHEN: FieldText = ['What the rule waits for', 'appeared'];
const WAYS: FieldText = ['Ids of the ways that its messages take', ['duty-phone']];
const DECLARED: FieldText = ['Where it is declared: `api` or `file`', 'api'];
const BODY = '{"text":{{text}}}';

/** The fields of a way, in requests and in answers. */
const way = (scope: string): FieldTexts => ({
  [`${scope}.id`]: WAY_ID,
  [`${scope}.host`]: ['Name or address of the mail server', 'mail.example.com'],
  [`${scope}.from`]: ['Sender', 'depot-7@example.com'],
  [`${scope}.to`]: ['Receivers', ['duty@example.com']],
  [`${scope}.method`]: ["Method of the request; without it, the preset's", 'POST'],
  [`${scope}.recipient`]: ['Telegram: the id of the chat', '-1001234567890'],
  [`${scope}.body`]: ["Template with {{placeholders}} in place of the preset's body", BODY],
});

const rule = (scope: string): FieldTexts => ({
  [`${scope}.id`]: RULE_ID,
  [`${scope}.ways`]: WAYS,
  [`${scope}.when`]: WHEN,
});

/** Rules, ways and messages of notifications. */
export const notificationTexts: FieldTexts = {
  'param.rule': RULE_ID,
  'param.way': WAY_ID,
  'param.delivery': ['Id of the message', '01a20665-0b1c-74f1-a44c-1376fce3fad5'],
  ...rule('post-notifications-rules'),
  ...rule('put-notifications-rules-rule'),
  ...rule('NotificationRule'),
  'NotificationRule.declaredIn': DECLARED,
  'NotificationRule.lastMessageAt': ['When it last caused a message', '2026-11-27T08:30:00.000Z'],
  ...way('post-notifications-ways'),
  ...way('put-notifications-ways-way'),
  ...way('NotificationWay'),
  'NotificationWay.declaredIn': DECLARED,
  'NotificationWay.failingSince': ['When the first failure in a row was; null if it works', null],
  'NotificationWay.lastAnswer': ['What the receiver answered last'],
  'SecretMarker.set': ['False for one that is missing, e.g. after a restore on another machine'],
  'SecretMarker.shown': ['The part that is no secret', 'https://ntfy.example.com'],
  'NotificationAnswer.ok': ['Whether the receiver accepted the message', true],
  'NotificationAnswer.text': ["The receiver's answer, or the fault, in words", '200 OK'],
  'NotificationPreset.method': ['Method of the request', 'POST'],
  'NotificationPreset.contentType': ['Type of the body', 'application/json'],
  'NotificationPreset.needsRecipient': ['Whether `recipient` is required', false],
  'NotificationPreset.body': ['The template that is used if none is given', BODY],
  'NotificationPreset.hint': [
    'Where to get the address, in words',
    'In Slack, add an incoming webhook to the channel.',
  ],
  'NotificationPreset.urlHint': ['What an address looks like', 'https://ntfy.sh/your-topic'],
  'NotificationDelivery.id': ['Id of the message', '01a20665-0b1c-74f1-a44c-1376fce3fad5'],
  'NotificationDelivery.way': WAY_ID,
  'NotificationDelivery.rule': RULE_ID,
  'NotificationDelivery.event': ['What happened, or `test`', 'appeared'],
  'NotificationDelivery.title': ['Title of the message', 'person at Street'],
  'NotificationDelivery.text': ['The message', 'A person appeared at Street at 22:14.'],
  'NotificationDelivery.state': ['Whether it waits, was delivered or was dropped', 'delivered'],
  'NotificationDelivery.attempts': ['How often it was tried', 1],
  'NotificationDelivery.lastAnswer': ['What the receiver answered last'],
  'get-notifications.rules': ['The rules'],
  'get-notifications.ways': ['The ways'],
  'get-notifications.presets': ['What is known of common receivers'],
  'get-notifications.placeholders': ['What templates may contain'],
  'get-notifications.placeholders.meaning': ['What stands in its place', 'The message in one line'],
  'get-notifications.queue': ['The messages that wait, and what became of the others'],
  'get-notifications.queue.waiting': ['Messages that wait', 2],
  'get-notifications.queue.maxWaiting': ['How many may wait', 10_000],
  'get-notifications.queue.dropped': ['Messages that a bound or the age limit removed unsent', 0],
  'get-notifications-deliveries.deliveries': ['The messages, newest first'],
  'post-notifications-ways-way-test.delivered': ['Whether the receiver accepted the message', true],
  'post-notifications-ways-way-test.answer': ['What the receiver answered, in words', '200 OK'],
  'post-notifications-ways-way-test.withPicture': ['Whether a picture was part of it', true],
  'SiteStatus.cameras.offline': ['Cameras that are offline', 1],
};
