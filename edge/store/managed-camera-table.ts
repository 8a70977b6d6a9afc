import { type Generated, type Kysely, sql } from 'kysely';
import type { AuditActorKind } from '../../core/contract/access.js';
import type { CameraRevision } from '../../core/contract/camera-management.js';

export interface ManagedCameraRow {
  id: string;
  /** The settings that differ from their defaults, as JSON; each secret is the name of its file. */
  settings: string;
  /** The last one of the camera. */
  revision: number;
}

export interface CameraRevisionRow {
  revision: Generated<number>;
  camera: string;
  /** Milliseconds since the epoch. */
  at: number;
  action: CameraRevision['action'];
  actor_name: string;
  actor_kind: AuditActorKind;
  /** In the form of `managed_camera`: after the change, or before the removal. */
  settings: string;
  /** As JSON, without secrets. */
  changes: string;
}

export interface ManagedCameraTables {
  managed_camera: ManagedCameraRow;
  camera_revision: CameraRevisionRow;
}

type Db = Kysely<ManagedCameraTables>;
export type NewRevision = Omit<CameraRevisionRow, 'revision'>;
export type StoredRevision = Omit<CameraRevisionRow, 'revision'> & { revision: number };

export interface RevisionLimits {
  /** Revisions of one camera, and of all together. */
  ofCamera: number;
  inAll: number;
  bytes: number;
}

const COLUMNS = [
  'revision',
  'camera',
  'at',
  'action',
  'actor_name',
  'actor_kind',
  'settings',
  'changes',
] as const;

/** Cameras that the API manages. */
export const managedCameraTable = {
  all: (db: Db): Promise<ManagedCameraRow[]> =>
    db.selectFrom('managed_camera').selectAll().orderBy('id').execute(),

  put: (db: Db, row: ManagedCameraRow) =>
    db
      .insertInto('managed_camera')
      .values(row)
      .onConflict((c) => c.column('id').doUpdateSet(row))
      .execute(),

  remove: (db: Db, id: string) => db.deleteFrom('managed_camera').where('id', '=', id).execute(),
};

/** What was changed of them, newest last. */
export const cameraRevisionTable = {
  /** Resolves with the number of the revision. */
  append: async (db: Db, row: NewRevision): Promise<number> => {
    const { revision } = await db
      .insertInto('camera_revision')
      .values(row)
      .returning('revision')
      .executeTakeFirstOrThrow();
    return revision;
  },

  find: (db: Db, camera: string, revision: number): Promise<StoredRevision | undefined> =>
    db
      .selectFrom('camera_revision')
      .select(COLUMNS)
      .where('camera', '=', camera)
      .where('revision', '=', revision)
      .executeTakeFirst(),

  /** Newest first; of all cameras if none is named. */
  page: (
    db: Db,
    { camera, before, limit }: { camera?: string; before?: number | undefined; limit: number },
  ): Promise<StoredRevision[]> =>
    db
      .selectFrom('camera_revision')
      .select(COLUMNS)
      .$if(camera !== undefined, (q) => q.where('camera', '=', camera ?? ''))
      .$if(before !== undefined, (q) => q.where('revision', '<', before ?? 0))
      .orderBy('revision', 'desc')
      .limit(limit)
      .execute(),

  /** The settings of all, as JSON. */
  settings: async (db: Db): Promise<string[]> =>
    (await db.selectFrom('camera_revision').select('settings').execute()).map(
      ({ settings }) => settings,
    ),

  /** Removes the oldest beyond the limits, but never the last revision of a camera that there is. */
  prune: async (db: Db, { ofCamera, inAll, bytes }: RevisionLimits): Promise<void> => {
    await sql`
      delete from camera_revision where revision in (
        select revision from (
          select revision,
            row_number() over (partition by camera order by revision desc) as nth,
            row_number() over (order by revision desc) as nth_of_all,
            sum(length(settings) + length(changes)) over (order by revision desc) as total
          from camera_revision
        ) where nth > ${ofCamera} or nth_of_all > ${inAll} or total > ${bytes}
      ) and revision not in (select revision from managed_camera)`.execute(db);
  },
};
