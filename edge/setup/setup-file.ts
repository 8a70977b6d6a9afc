import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { nameSchema } from '../../core/contract/names.js';
import { messageOf } from '../../core/runtime/errors.js';
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

/** Undefined if there is none, or none that can be used: the set-up is then offered again if nobody can log in. */
export const readSetupFile = (dataFolder: string): SetupFile | undefined => read(dataFolder).file;

/** Why there is a file that cannot be used. What the set-up decided, such as the site, does not apply then. */
export const setupFileFault = (dataFolder: string): string | undefined => read(dataFolder).fault;

function read(dataFolder: string): { file?: SetupFile; fault?: string } {
  let text: string;
  try {
    text = readFileSync(pathIn(dataFolder), 'utf8');
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return isAbsent ? {} : { fault: messageOf(error) };
  }
  const { data, error } = fileSchema.safeParse(jsonIn(text));
  if (data) return { file: data };
  const [issue] = error.issues;
  const path = issue?.path.join('.');
  return { fault: path ? `${path}: ${issue?.message}` : 'it is damaged' };
}

/** Undefined if it is none. The message of JSON.parse would repeat the text, which may hold a password. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const writeSetupFile = (dataFolder: string, content: SetupFile): Promise<void> =>
  replaceFile(pathIn(dataFolder), `${JSON.stringify(content, null, 2)}\n`, { flush: true });
