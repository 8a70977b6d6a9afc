import { sql } from 'kysely';
import type { ProtectedImages } from '../../core/images/image-table.js';
import type { EdgeConfig } from '../config.js';
import { longestSearchMs } from '../pipeline/longest-search.js';
import { isOfOpenSighting } from '../store/sighting-table.js';

/** For what lies between an image's id and its summary's row, beside the search. */
const MARGIN_MS = 60_000;

/**
 * Snapshots whose summary may not be acknowledged: those not older than the oldest one in the outbox, or older by no more
 * than an analysis can take. Image ids are UUIDv7, so the instant is in their first 48 bits (RFC 9562, section 5.7); a
 * row's `created_at` would not do, since it is 0 where the clock could not be trusted. SQLite reads hexadecimal from text
 * as JSON5 alone.
 */
const isUnacknowledged = (
  analysisMs: number,
) => sql<boolean>`(image.camera is not null and coalesce(image.id >= (
  select substr(hex, 1, 8) || '-' || substr(hex, 9, 4) from (
    select printf('%012x', max(json_extract('0x' || substr(id, 1, 8) || substr(id, 10, 4), '$') - ${sql.lit(analysisMs)}, 0)) as hex
    from (
      select json_extract(payload, '$.snapshot') as id
      from outbox where dropped_from is null order by seq limit 1
    )
  )
), 0))`;

/**
 * The images that stay, however old they are and however full the disk: the condition for `ImageStore`. Where nothing is
 * reported, nothing settles what waits, so it spares none.
 */
export const protectedImages = ({
  mqtt,
  detection,
}: Pick<EdgeConfig, 'mqtt' | 'detection'>): ProtectedImages =>
  mqtt
    ? sql<boolean>`(${isOfOpenSighting} or ${isUnacknowledged(Math.ceil(longestSearchMs(detection)) + MARGIN_MS)})`
    : isOfOpenSighting;
