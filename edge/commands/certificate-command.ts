import { certificateCommand } from '../../core/http/tls/certificate-command.js';
import { certificateProvider } from '../../core/http/tls/create-tls.js';
import type { CommandOptions } from '../../core/runtime/command-line.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { tlsOptionsOf } from '../api/tls-options.js';
import type { EdgeConfig } from '../config.js';

/** Shows the certificate in use. Works whether the program runs or not. */
export const edgeCertificateCommand = (
  config: EdgeConfig,
  options: CommandOptions,
): Promise<string> =>
  certificateCommand(certificateProvider(tlsOptionsOf(config), silentLogger()), options);
