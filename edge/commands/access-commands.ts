import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { auditCommand } from '../../core/access/audit-command.js';
import { type CommandAccess, commandAccess } from '../../core/access/command-access.js';
import type { AccessTables } from '../../core/access/tables.js';
import { tokenCommand } from '../../core/access/token-command.js';
import { userCommand } from '../../core/access/user-command.js';
import type { CommandOptions } from '../../core/runtime/command-line.js';
import { StartError } from '../../core/runtime/errors.js';
import { namingDamage } from '../../core/store/damage.js';
import { openSqlite } from '../../core/store/database.js';
import { kyselyOver } from '../../core/store/dialect.js';
import type { EdgeConfig } from '../config.js';

type AccessCommand = (access: CommandAccess, options: CommandOptions) => Promise<string>;

/** Runs a command over the appliance's database, also while it runs. */
const over =
  (command: AccessCommand) =>
  async (config: EdgeConfig, options: CommandOptions): Promise<string> => {
    const { dataFolder } = config;
    const file = join(dataFolder, 'edge.db');
    if (!existsSync(file))
      throw new StartError(`${file} does not exist: start the appliance once to create it`);
    return namingDamage(file, 'siteglass-edge', async () => {
      const db = kyselyOver<AccessTables>(openSqlite(file));
      const firstTokenFile = join(dataFolder, 'admin-token');
      const names = [config.site, 'siteglass'];
      try {
        return await command(
          commandAccess({ db, firstTokenFile, names, hasCameras: true }),
          options,
        );
      } finally {
        await db.destroy();
      }
    });
  };

export const edgeTokenCommand = over(tokenCommand);
export const edgeUserCommand = over(userCommand);
export const edgeAuditCommand = over(auditCommand);
