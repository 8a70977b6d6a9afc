#!/usr/bin/env -S MALLOC_MMAP_THRESHOLD_=81920 MALLOC_TRIM_THRESHOLD_=65536 node --max-semi-space-size=4
import {
  backupForms,
  certificateForms,
  databaseForms,
  detectorForms,
  resetForms,
  restoreForms,
  tokenForms,
  userForms,
} from '../core/commands/command-forms.js';
import { run } from '../core/runtime/program.js';
import { edgeAuditCommand, edgeTokenCommand, edgeUserCommand } from './commands/access-commands.js';
import {
  edgeBackupCommand,
  edgeResetCommand,
  edgeRestoreCommand,
} from './commands/backup-commands.js';
import { edgeCertificateCommand } from './commands/certificate-command.js';
import { checkEdgeConfiguration } from './commands/check-configuration.js';
import { configCommand } from './commands/config-command.js';
import { edgeDatabaseCommand } from './commands/database-command.js';
import { edgeDetectorCommand } from './commands/detector-command.js';
import { discoverCommand } from './commands/discover-command.js';
import { doctorCommand } from './commands/doctor-command.js';
import { enrolCommand } from './commands/enrol-command.js';
import { outboxCommand } from './commands/outbox-command.js';
import { readyCommand } from './commands/ready-command.js';
import { edgeConfigSchema } from './config.js';
import { createEdge } from './context.js';
import { withSetup } from './setup/with-setup.js';

process.exitCode = await run({
  name: 'siteglass-edge',
  summary: 'The Siteglass appliance: finds objects in camera snapshots and reports them.',
  schema: edgeConfigSchema,
  complete: withSetup,
  commands: {
    backup: {
      summary: '"backup FILE" writes all data to one archive, also while the service runs',
      words: true,
      flags: ['no-images'],
      forms: backupForms,
      run: edgeBackupCommand,
    },
    restore: {
      summary: '"restore FILE" replaces all data by that of a backup; stop the service first',
      words: true,
      forms: restoreForms,
      run: edgeRestoreCommand,
    },
    reset: {
      summary: 'removes all data; stop the service first',
      words: true,
      flags: ['yes'],
      forms: resetForms,
      run: edgeResetCommand,
    },
    config: {
      summary: '"config export" writes the whole configuration, with what the API manages, as YAML',
      words: true,
      flags: ['with-secrets'],
      forms: [
        {
          call: 'export',
          about: 'writes the configuration with the cameras of the API as YAML',
          options: ['with-secrets'],
        },
      ],
      run: configCommand,
    },
    database: {
      summary: 'checks the database; "database repair" and "database accept"',
      words: true,
      forms: databaseForms,
      run: edgeDatabaseCommand,
    },
    detector: {
      summary: 'lists detectors; "detector add NAME|FILE", "try NAME IMAGE", "remove NAME"',
      words: true,
      json: true,
      values: ['name', 'url', 'sha256'],
      forms: detectorForms,
      run: edgeDetectorCommand,
    },
    certificate: {
      summary: 'shows the TLS certificate with its fingerprint; "certificate pem" for clients',
      words: true,
      json: true,
      forms: certificateForms,
      run: edgeCertificateCommand,
    },
    doctor: {
      summary: 'checks this appliance and advises what to do',
      json: true,
      run: doctorCommand,
    },
    enrol: {
      summary: '"enrol CODE" joins a relay; without CODE it is read from the standard input',
      words: true,
      forms: [
        {
          call: '[CODE]',
          about: 'joins the relay whose code "siteglass-relay sites enrol NAME" printed',
        },
      ],
      run: enrolCommand,
    },
    outbox: {
      summary: 'shows the summaries that the relay has not acknowledged',
      refused: true,
      json: true,
      run: outboxCommand,
    },
    token: {
      summary: 'lists tokens; "token add NAME --role ROLE" and "token remove NAME"',
      words: true,
      force: true,
      values: ['role', 'cameras', 'days'],
      forms: tokenForms(['cameras', 'days']),
      run: edgeTokenCommand,
    },
    user: {
      summary: 'lists users; "user add NAME --role ROLE", "password", "role", "logout", "remove"',
      words: true,
      force: true,
      values: ['role', 'password-file'],
      forms: userForms,
      run: edgeUserCommand,
    },
    audit: {
      summary: 'lists who did what, the newest last',
      json: true,
      run: edgeAuditCommand,
    },
    ready: {
      summary: 'succeeds if the service runs and accepts work, for scripts',
      run: readyCommand,
    },
    discover: {
      summary: 'lists ONVIF cameras on the network, with their addresses',
      run: discoverCommand,
    },
  },
  check: checkEdgeConfiguration,
  create: (config, log, { reread, given, recentLog }) =>
    createEdge(config, log, {
      ...{ reread, recentLog },
      given: given(),
      regiven: () => given().settings,
    }),
});
