import { z } from 'zod';
import { imageIdSchema, instantSchema } from './names.js';

export const commandNames = ['snapshot', 'pause', 'resume'] as const;
export const commandNameSchema = z.enum(commandNames);
export type CommandName = z.infer<typeof commandNameSchema>;

/** Longest command that is read, in characters. */
export const MAX_COMMAND = 1_000;

/** The payload of a command topic: a word, or a JSON object `{"command", "id"}`. The result reports an unknown command. */
export const commandTextSchema = z.string().max(MAX_COMMAND);

export const commandObjectSchema = z.strictObject({
  command: z.string().max(64),
  /** Returned in the result, so that a caller recognises its own command. */
  id: z.string().max(64).optional(),
});

/** The result of a command. */
export const commandResultSchema = z
  .object({
    command: z
      .string()
      .meta({ description: 'The command as the appliance understood it, at most 64 characters' }),
    id: z.string().optional(),
    ok: z.boolean(),
    at: instantSchema,
    snapshot: imageIdSchema
      .nullable()
      .optional()
      .meta({ description: 'For `snapshot`: the id of the image; null if there was nothing new' }),
    error: z.object({ code: z.string(), detail: z.string() }).optional().meta({
      description: 'Why the command was not carried out; `unknown_command` if it does not exist',
    }),
  })
  .meta({ id: 'CommandResult' });
export type CommandResult = z.infer<typeof commandResultSchema>;
