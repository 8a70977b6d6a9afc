import { z } from 'zod';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** A site, camera or detector id: lower-case letters, digits and hyphens, so that it can stand in a topic or a path. */
export const nameSchema = z
  .string()
  .regex(NAME, 'expected 1 to 63 of a-z, 0-9 and "-", beginning with a letter or digit');

/**
 * A label shown to people; the characters that MQTT topics reserve are excluded, and halves of characters (lone
 * surrogates), of which different ones become the same text in UTF-8.
 */
export const labelSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(
    /^[^/+#\p{Cc}\p{Cs}]*$/u,
    'expected no "/", "+", "#", control characters or halves of characters',
  );

/** An image id: UUIDv7 (RFC 9562), so ids sort by the time they were made. */
export const imageIdSchema = z.uuid({ version: 'v7', error: 'expected a UUIDv7' });

/** An instant as ISO 8601 in UTC. */
export const instantSchema = z.iso.datetime();

export type ImageId = string;
