import { sql } from 'kysely';
import { isOfOpenSighting } from '../store/sighting-table.js';

/** A summary's row is written so long after its image got its id, at the most: the wait for a worker and the search. */
const LONGEST_ANALYSIS_MS = 120_000;

/**
 * Snapshots whose summary may not be acknowledged: those made since the oldest one in the outbox was. Image ids are
 * UUIDv7, so they can be compared with an instant: its 48 bits come first (RFC 9562, section 5.7).
 */
const isUnacknowledged = sql<boolean>`(image.camera is not null and coalesce(image.id >= (
  select substr(hex, 1, 8) || '-' || substr(hex, 9, 4) from (
    select printf('%012x', max(created_at - ${sql.lit(LONGEST_ANALYSIS_MS)}, 0)) as hex
    from outbox order by seq limit 1
  )
), 0))`;

/** The images that stay, however old they are and however full the disk: the condition for `ImageStore`. */
export const sparedImages = sql<boolean>`(${isOfOpenSighting} or ${isUnacknowledged})`;
