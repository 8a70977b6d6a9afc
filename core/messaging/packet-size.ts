/** The bytes of a PUBLISH packet (MQTT, section 3.3): fixed header, topic, packet id, properties, payload. */
export function publishBytes(topic: string, payloadBytes: number, protocolVersion: 4 | 5): number {
  const remaining =
    2 + Buffer.byteLength(topic) + PACKET_ID + (protocolVersion === 5 ? 1 : 0) + payloadBytes;
  return 1 + lengthBytes(remaining) + remaining;
}

/** The payload that fits into a packet of `packetBytes` with this topic. */
export const payloadBytesIn = (packetBytes: number, topic: string): number =>
  packetBytes - publishBytes(topic, 0, 5) - MAX_LENGTH_BYTES;

/** Only QoS 1 has one; counted for QoS 0 too, since such a message may be sent with QoS 1. */
const PACKET_ID = 2;
const MAX_LENGTH_BYTES = 4;

function lengthBytes(remaining: number): number {
  if (remaining < 128) return 1;
  if (remaining < 16_384) return 2;
  return remaining < 2_097_152 ? 3 : MAX_LENGTH_BYTES;
}
