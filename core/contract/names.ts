import { z } from 'zod';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** The id of a site, camera or detector: lower-case letters, digits and hyphens, which are valid in a topic and a path. */
export const nameSchema = z
  .string()
  .regex(NAME, 'expected 1 to 63 of a-z, 0-9 and "-", beginning with a letter or digit');

/**
 * A label for people. Excluded are the characters that MQTT topics reserve, and lone surrogates: different ones become
 * the same text in UTF-8.
 */
export const labelSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(
    /^[^/+#\p{Cc}\p{Cs}]*$/u,
    'expected no "/", "+", "#", control characters or halves of characters',
  );

/** Of user names, client ids and topics: MQTT forbids NUL in them, and advises against the other control characters. */
export const CONTROL_CHARACTER = /[\p{Cc}\p{Cs}]/u;

/** Text that may be sent to a broker as a name. */
export const mqttTextSchema = z
  .string()
  .min(1)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'expected no control characters');

/** The id of an image: a UUIDv7 (RFC 9562), so ids sort by the time of their creation. */
export const imageIdSchema = z.uuid({ version: 'v7', error: 'expected a UUIDv7' });

/** An instant as ISO 8601 in UTC. */
export const instantSchema = z.iso.datetime();

export type ImageId = string;
