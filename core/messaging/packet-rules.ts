import type { Account } from './access-rules.js';
import type { BrokerLimits } from './broker-limits.js';
import type { PacketRule } from './packet-meter.js';

/** Types of control packets (MQTT 3.1.1, section 2.2.1). */
const CONNECT = 1;
const PUBLISH = 3;
const SUBSCRIBE = 8;
const UNSUBSCRIBE = 10;
const QOS_2 = 0b0100;

/** Acknowledgements, PINGREQ and DISCONNECT have two bytes at most. */
const MAX_CONTROL_BYTES = 256;

const typeOf = (firstByte: number): number => firstByte >> 4;

/** Before a client has logged in: CONNECT, and what a client sends without waiting for the answer. */
export function beforeLogin({
  maxPacketBytesBeforeLogin,
}: Pick<BrokerLimits, 'maxPacketBytesBeforeLogin'>): PacketRule {
  let isFirst = true;
  return (firstByte) => {
    if (isFirst && typeOf(firstByte) !== CONNECT)
      return 'client disconnected: the first packet is not CONNECT';
    isFirst = false;
    return isQos2(firstByte)
      ? 'client disconnected: QoS 2 is not supported'
      : maxPacketBytesBeforeLogin;
  };
}

/**
 * Nothing that Siteglass publishes needs QoS 2, and a broker has to keep each such message until its publisher releases
 * it. A reader publishes nothing, and an operator commands.
 */
export function afterLogin(
  { role }: Account,
  { maxPacketBytes, maxSubscribeBytes }: Pick<BrokerLimits, 'maxPacketBytes' | 'maxSubscribeBytes'>,
): PacketRule {
  const largest =
    role === 'site' || role === 'relay'
      ? maxPacketBytes
      : Math.min(maxPacketBytes, maxSubscribeBytes);
  return (firstByte) => {
    const type = typeOf(firstByte);
    if (type === PUBLISH)
      return isQos2(firstByte) ? 'client disconnected: QoS 2 is not supported' : largest;
    if (type === SUBSCRIBE || type === UNSUBSCRIBE)
      return Math.min(maxPacketBytes, maxSubscribeBytes);
    return MAX_CONTROL_BYTES;
  };
}

const isQos2 = (firstByte: number): boolean =>
  typeOf(firstByte) === PUBLISH && (firstByte & QOS_2) !== 0;
