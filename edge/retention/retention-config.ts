import { z } from 'zod';

export const retentionSchema = z
  .strictObject({
    /** Images older than this are removed. */
    maxAgeDays: z.number().positive().max(3650).default(30),
    /** What the images may take up on disk. */
    diskBudgetGiB: z.number().positive().max(65_536).default(10),
  })
  .prefault({});
export type RetentionConfig = z.infer<typeof retentionSchema>;

const GIBIBYTE = 2 ** 30;
const DAY_MS = 86_400_000;

export const budgetBytesOf = ({ diskBudgetGiB }: RetentionConfig): number =>
  Math.floor(diskBudgetGiB * GIBIBYTE);

export const maxAgeMsOf = ({ maxAgeDays }: RetentionConfig): number => maxAgeDays * DAY_MS;
