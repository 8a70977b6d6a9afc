import { z } from 'zod';
import { nameSchema } from '../../core/contract/names.js';
import { type Route, route } from '../../core/http/route.js';
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

export function configRoutes(config: Pick<ConfigReload, 'reload'>): Route[] {
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
      handle: async () => ({ status: 'OK', ...(await config.reload()) }),
    }),
  ];
}
