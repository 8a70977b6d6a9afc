import { v7 as uuid } from 'uuid';
import type { NotificationMessage } from '../contract/notification-delivery.js';
import type { MqttWay, NotificationWay } from '../contract/notification-way.js';
import { type Clock, toIsoString } from '../runtime/clock.js';
import { messageOf } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';
import { sendEmail } from './ways/email.js';
import { type MqttPlace, sendMqtt } from './ways/mqtt.js';
import { failure, type Outcome } from './ways/outcome.js';
import type { Picture, Pictures } from './ways/picture.js';
import { samplePicture } from './ways/sample-picture.js';
import { sendWebhook } from './ways/webhook.js';
import { pictureModeOf } from './ways/webhook-request.js';

export interface DeliverOptions {
  /** Undefined where there are no pictures. */
  pictures: Pictures | undefined;
  mqtt(way: MqttWay, message: NotificationMessage): MqttPlace | undefined;
  /** Why nothing can be sent by a way. */
  problemOf(way: string): string | undefined;
  allowOwnMachine: boolean;
  /** Certificate authorities for mail servers, besides those that are built in. */
  ca?: string;
  site: string | null;
  wall: Clock;
  timeoutMs?: number;
  log: Logger;
}

const TIMEOUT_MS = 30_000;
/** Larger pictures go as a link alone: receivers refuse them, and they are kept in memory meanwhile. */
const MAX_PICTURE_BYTES = 8_000_000;
const MAX_BASE64_BYTES = 2_000_000;

/** Sends messages, with their pictures. */
export class Deliverer {
  constructor(private readonly options: DeliverOptions) {}

  /** Never rejects. */
  async send(
    way: NotificationWay,
    message: NotificationMessage,
    image: string | null,
    signal?: AbortSignal,
  ): Promise<Outcome> {
    const picture = await this.#pictureFor(way, image);
    return this.#send(way, this.#withLink(way, message, image, picture), picture, signal);
  }

  /** Sends a message that says that it is a test, with the newest picture. */
  async test(way: NotificationWay): Promise<{ outcome: Outcome; withPicture: boolean }> {
    const image = (await this.options.pictures?.newest()) ?? null;
    const picture = modeOf(way) === 'none' ? undefined : await this.#pictureFor(way, image);
    const sent = picture ?? (takesBytes(way) ? samplePicture() : undefined);
    const message = this.#withLink(way, this.#testMessage(way), image, sent);
    const outcome = await this.#send(way, message, sent);
    return { outcome, withPicture: Boolean(sent ?? message.picture?.url) };
  }

  async #send(
    way: NotificationWay,
    message: NotificationMessage,
    picture: Picture | undefined,
    signal?: AbortSignal,
  ): Promise<Outcome> {
    const { allowOwnMachine, timeoutMs = TIMEOUT_MS, wall, ca, mqtt } = this.options;
    const problem = this.options.problemOf(way.id);
    if (problem !== undefined) return failure(problem);
    if (way.kind === 'mqtt') return sendMqtt(way, message, mqtt(way, message));
    if (way.kind === 'email')
      return sendEmail(way, message, picture, { allowOwnMachine, timeoutMs, ...(ca && { ca }) });
    const common = { allowOwnMachine, timeoutMs, wall };
    return sendWebhook(way, message, picture, { ...common, ...(signal && { signal }) });
  }

  async #pictureFor(way: NotificationWay, image: string | null): Promise<Picture | undefined> {
    const { pictures, log } = this.options;
    if (!pictures || image === null || !takesBytes(way)) return undefined;
    try {
      const picture = await pictures.bytesOf(image);
      const most = modeOf(way) === 'base64' ? MAX_BASE64_BYTES : MAX_PICTURE_BYTES;
      return picture && picture.bytes.length <= most ? picture : undefined;
    } catch (error) {
      log.warn({ image, error: messageOf(error) }, 'notification sent without its picture');
      return undefined;
    }
  }

  #withLink(
    way: NotificationWay,
    message: NotificationMessage,
    image: string | null,
    picture: Picture | undefined,
  ): NotificationMessage {
    if (modeOf(way) === 'none') return message;
    const url = image === null ? null : (this.options.pictures?.linkOf(image) ?? null);
    if (url === null && !picture) return message;
    return { ...message, picture: { url, mediaType: picture?.mediaType ?? null } };
  }

  #testMessage(way: NotificationWay): NotificationMessage {
    const { site, wall } = this.options;
    const at = toIsoString(wall());
    return {
      ...{ id: uuid(), event: 'test', phase: 'test', at, site },
      title: 'Siteglass test',
      text: `This is a test of the way ${way.name ?? way.id}.`,
      rule: { id: 'test', name: null },
      ...{ camera: null, cameraName: null, label: null, zones: [], confidence: null },
      ...{ sighting: null, count: 1, happenings: [], picture: null },
    };
  }
}

const modeOf = (way: NotificationWay) =>
  way.kind === 'webhook' ? pictureModeOf(way) : way.picture;

const takesBytes = (way: NotificationWay) => ['file', 'base64'].includes(modeOf(way));
