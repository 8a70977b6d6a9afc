import type { MessageBus } from '../../../core/messaging/message-bus.js';

/** Nothing runs this: the compiler is the test, since an expected error that does not occur is one. */
export const misuses = (bus: MessageBus): Promise<void>[] => [
  // @ts-expect-error an acknowledgement is no record
  bus.publish('up', { site: 'north' }, { epoch: '', seq: 1 }),
  // @ts-expect-error the topic has a camera in it
  bus.publish('cameraAvailability', { site: 'north' }, 'online'),
  // @ts-expect-error a site is not half online
  bus.publish('siteAvailability', { site: 'north' }, 'dozing'),
];
