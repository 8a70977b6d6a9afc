import { join } from 'node:path';
import { auditCommand } from '../../core/access/audit-command.js';
import { type CommandAccess, commandAccess } from '../../core/access/command-access.js';
import { tokenCommand } from '../../core/access/token-command.js';
import { userCommand } from '../../core/access/user-command.js';
import type { CommandOptions } from '../../core/runtime/command-line.js';
import type { RelayConfig } from '../config.js';
import { overDatabase } from './over-database.js';

const over =
  (command: (access: CommandAccess, options: CommandOptions) => Promise<string>) =>
  (config: RelayConfig, options: CommandOptions): Promise<string> =>
    overDatabase(config, (db) => {
      const firstTokenFile = join(config.dataFolder, 'admin-token');
      const names = ['siteglass'];
      return command(commandAccess({ db, firstTokenFile, names, hasCameras: false }), options);
    });

export const relayTokenCommand = over(tokenCommand);
export const relayUserCommand = over(userCommand);
export const relayAuditCommand = over(auditCommand);
