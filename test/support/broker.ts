import type { ExecutionContext } from 'ava';
import {
  EmbeddedBroker,
  type EmbeddedBrokerOptions,
} from '../../core/messaging/embedded-broker.js';
import { log, ROOT } from './delivery-fixtures.js';

/** The embedded broker on a free loopback port, without accounts unless `options` name some. It stops with the test. */
export async function startBroker(
  t: ExecutionContext,
  options: Partial<EmbeddedBrokerOptions> = {},
  logger = log,
) {
  const broker = new EmbeddedBroker(
    { host: '127.0.0.1', port: 0, root: ROOT, accounts: 'none', ...options },
    logger,
  );
  t.teardown(() => broker.stop());
  await broker.start();
  return { broker, url: broker.url };
}
