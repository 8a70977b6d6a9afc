import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { nameSchema } from '../../core/contract/names.js';
import { replaceFile } from '../../core/runtime/replace-file.js';
import { brokerClientShape } from '../../core/runtime/settings.js';

/** What the set-up decides, as the configuration has it. */
const settingsSchema = z.strictObject({
  site: nameSchema.optional(),
  http: z.strictObject({ host: z.string().min(1) }).optional(),
  mqtt: z.strictObject(brokerClientShape).optional(),
});
export type SetupSettings = z.infer<typeof settingsSchema>;

const fileSchema = z.strictObject({
  /** False from the moment at which the set-up began to change something until it has ended. */
  isComplete: z.boolean(),
  settings: settingsSchema,
});
export type SetupFile = z.infer<typeof fileSchema>;

/** In the data folder, for this user alone: it may hold the password of the relay. */
const pathIn = (dataFolder: string): string => join(dataFolder, 'set-up.json');

/** Undefined if there is none, or none that can be used: the set-up is then offered again. */
export function readSetupFile(dataFolder: string): SetupFile | undefined {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(pathIn(dataFolder), 'utf8')));
  } catch {
    return undefined;
  }
}

export const writeSetupFile = (dataFolder: string, content: SetupFile): Promise<void> =>
  replaceFile(pathIn(dataFolder), `${JSON.stringify(content, null, 2)}\n`, { flush: true });
