import { z } from 'zod';
import { nameSchema } from '../../core/contract/names.js';
import { type Route, route } from '../../core/http/route.js';
import { ConfigurationError, ProblemError } from '../../core/runtime/errors.js';
import type { ConfigReload } from '../cameras/config-reload.js';

const ids = z.array(nameSchema);
const reloadedSchema = z.object({
  status: z.literal('OK'),
  cameras: z.object({ added: ids, removed: ids, changed: ids }),
  needsRestart: z
    .array(z.string())
    .meta({ description: 'Changed settings that take effect after a restart' }),
  warnings: z.array(z.string()).meta({
    description: 'What the configuration needs and is not installed, and how to install it',
  }),
});

export interface ConfigApi {
  reload: Pick<ConfigReload, 'reload'>;
  /** The whole configuration as YAML, without secrets. */
  exported(): string;
}

export function configRoutes({ reload, exported }: ConfigApi): Route[] {
  return [
    route({
      method: 'post',
      path: '/config/reload',
      tag: 'site',
      summary: 'Reload the configuration; changes of cameras take effect at once',
      access: 'admin',
      audit: 'configuration_reloaded',
      responses: { 200: reloadedSchema },
      problems: ['invalid_configuration', 'shutting_down'],
      handle: async () => ({ status: 'OK', ...(await reload.reload()) }),
    }),
    route({
      method: 'get',
      path: '/config/export',
      tag: 'site',
      summary: 'The whole configuration as one YAML, with the cameras and notifications of the API',
      description:
        'A new appliance can start from it. Passwords are not in it: its first lines list the files to write them into. `siteglass-edge config export --with-secrets` has them.',
      access: 'admin',
      audit: 'configuration_exported',
      responses: { 200: { mediaTypes: ['application/yaml'], description: 'The YAML text' } },
      problems: ['invalid_configuration'],
      handle: (_, ctx) => {
        ctx.type = 'application/yaml';
        ctx.set('Content-Disposition', 'attachment; filename="edge.yaml"');
        ctx.set('Cache-Control', 'no-store');
        ctx.body = readable(exported);
      },
    }),
  ];
}

/** The file may have been changed since the start, and not be YAML any more. */
function readable(exported: () => string): string {
  try {
    return exported();
  } catch (cause) {
    if (!(cause instanceof ConfigurationError)) throw cause;
    const { errors } = cause;
    throw new ProblemError('invalid_configuration', 'Correct the configuration file first.', {
      ...{ errors, cause },
    });
  }
}
