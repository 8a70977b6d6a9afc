import { z } from 'zod';
import { imageIdSchema, instantSchema } from './names.js';

export const commandNames = ['snapshot', 'pause', 'resume'] as const;
export const commandNameSchema = z.enum(commandNames);
export type CommandName = z.infer<typeof commandNameSchema>;

/** Longest command that is looked at, in characters. */
export const MAX_COMMAND = 1_000;

/** What arrives on a command topic: a word, or a JSON object `{"command", "id"}`. Whether it is known is told in the result. */
export const commandTextSchema = z.string().max(MAX_COMMAND);

export const commandObjectSchema = z.strictObject({
  command: z.string().max(64),
  /** Comes back in the result, so that a caller knows its own. */
  id: z.string().max(64).optional(),
});

/** What became of a command. */
export const commandResultSchema = z
  .object({
    command: z.string().meta({ description: 'As it was understood, at most 64 characters' }),
    id: z.string().optional(),
    ok: z.boolean(),
    at: instantSchema,
    snapshot: imageIdSchema
      .nullable()
      .optional()
      .meta({ description: 'Of `snapshot`: the image, or null where there was nothing new' }),
    error: z
      .object({ code: z.string(), detail: z.string() })
      .optional()
      .meta({ description: 'Why it was not done; `unknown_command` for one that there is not' }),
  })
  .meta({ id: 'CommandResult' });
export type CommandResult = z.infer<typeof commandResultSchema>;
