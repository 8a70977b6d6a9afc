import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { type Route, route } from '../http/route.js';
import { type Clock, toIsoString } from '../runtime/clock.js';
import { messageOf, ProblemError } from '../runtime/errors.js';
import { archive } from './archive.js';
import { type BackupPlan, STAGED_BACKUP } from './backup-plan.js';
import { WITHOUT_ORIGINALS } from './prepare-images.js';
import { snapshotDatabase } from './snapshot.js';
import { neededBytes } from './write-backup.js';

export interface BackupRouteParts {
  plan: BackupPlan;
  /** Bytes of the data folder's disk that must stay free. */
  minFreeBytes: number;
  clock: Clock;
}

const query = z.strictObject({ images: z.enum(['true', 'false']).default('true') });

/** `POST /backup`: streams the archive to an admin. One at a time: each needs a copy of the database on the disk. */
export function backupRoute({ plan, minFreeBytes, clock }: BackupRouteParts): Route {
  let isBusy = false;
  const staged = join(plan.dataFolder, STAGED_BACKUP);
  return route({
    method: 'post',
    path: '/backup',
    tag: 'operations',
    summary: 'Make a backup of all data, and download it',
    description:
      'A tar archive with a consistent copy of the database, the images and the secrets of the data folder. Keep it where only its owner can read it. An archive without `manifest.sha256` at its end is not complete, and is refused by `restore`.',
    access: 'admin',
    audit: 'backup_made',
    query,
    responses: { 200: { mediaTypes: ['application/x-tar'], description: 'The archive' } },
    problems: ['backup_busy', 'disk_budget_spent'],
    handle: async ({ query: { images } }, ctx) => {
      if (isBusy)
        throw new ProblemError('backup_busy', 'Another backup is being made. Try again later.', {
          retryAfter: 60,
        });
      isBusy = true;
      const withImages = images === 'true';
      try {
        await makeStaged(plan, staged, minFreeBytes);
        const snapshot = join(staged, plan.database);
        const source = join(plan.dataFolder, plan.database);
        const prepare = [...plan.prepare, ...(withImages ? [] : WITHOUT_ORIGINALS)];
        const migrations = await snapshotDatabase(source, snapshot, prepare);
        const parts = { plan, snapshot, migrations, images: withImages, now: clock() };
        const body = Readable.from(archive(parts), { objectMode: false });
        // Also after a client that goes away, and a server that stops.
        body.once('close', () => void end());
        ctx.type = 'application/x-tar';
        ctx.set('Cache-Control', 'no-store');
        const day = toIsoString(clock()).slice(0, 10);
        ctx.set(
          'Content-Disposition',
          `attachment; filename="${plan.program}-${plan.label}-${day}.tar"`,
        );
        ctx.body = body;
      } catch (error) {
        await end();
        throw error instanceof ProblemError
          ? error
          : new ProblemError('database_unavailable', messageOf(error), { cause: error });
      }
    },
  });

  async function end(): Promise<void> {
    await rm(staged, { recursive: true, force: true });
    isBusy = false;
  }
}

async function makeStaged(plan: BackupPlan, staged: string, minFreeBytes: number): Promise<void> {
  await rm(staged, { recursive: true, force: true });
  const copies = await neededBytes(plan, false);
  const { bavail, bsize } = await statfs(plan.dataFolder);
  if (bavail * bsize - minFreeBytes < copies)
    throw new ProblemError(
      'disk_budget_spent',
      `A copy of the database does not fit on the disk: it needs ${copies} bytes.`,
    );
  await mkdir(staged, { mode: 0o700 });
}
