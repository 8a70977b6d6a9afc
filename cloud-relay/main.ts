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
import {
  relayAuditCommand,
  relayTokenCommand,
  relayUserCommand,
} from './commands/access-commands.js';
import {
  relayBackupCommand,
  relayResetCommand,
  relayRestoreCommand,
} from './commands/backup-commands.js';
import { bucketCommand } from './commands/bucket-command.js';
import { relayCertificateCommand } from './commands/certificate-command.js';
import { checkRelayConfiguration } from './commands/check-configuration.js';
import { relayDatabaseCommand } from './commands/database-command.js';
import { relayDetectorCommand } from './commands/detector-command.js';
import { doctorCommand } from './commands/doctor-command.js';
import { sitesCommand } from './commands/sites-command.js';
import { relayConfigSchema } from './config.js';
import { createRelay } from './context.js';

process.exitCode = await run({
  name: 'siteglass-relay',
  summary: "The Siteglass relay: collects the sites' summaries and serves the public image API.",
  schema: relayConfigSchema,
  commands: {
    backup: {
      summary: '"backup FILE" writes all data to one archive, also while the service runs',
      words: true,
      flags: ['no-images'],
      forms: backupForms,
      run: relayBackupCommand,
    },
    restore: {
      summary: '"restore FILE" replaces all data by that of a backup; stop the service first',
      words: true,
      forms: restoreForms,
      run: relayRestoreCommand,
    },
    reset: {
      summary: 'removes all data; stop the service first',
      words: true,
      flags: ['yes'],
      forms: resetForms,
      run: relayResetCommand,
    },
    bucket: { summary: 'creates the bucket for images if it does not exist', run: bucketCommand },
    token: {
      summary: 'lists tokens; "token add NAME --role ROLE" and "token remove NAME"',
      words: true,
      force: true,
      values: ['role', 'days'],
      forms: tokenForms(['days']),
      run: relayTokenCommand,
    },
    user: {
      summary: 'lists users; "user add NAME --role ROLE", "password", "role", "logout", "remove"',
      words: true,
      force: true,
      values: ['role', 'password-file'],
      forms: userForms,
      run: relayUserCommand,
    },
    audit: {
      summary: 'lists who did what, the newest last',
      json: true,
      run: relayAuditCommand,
    },
    database: {
      summary: 'checks the database; "database repair" and "database accept"',
      words: true,
      forms: databaseForms,
      run: relayDatabaseCommand,
    },
    detector: {
      summary: 'lists detectors; "detector add NAME|FILE", "try NAME IMAGE", "remove NAME"',
      words: true,
      json: true,
      values: ['name', 'url', 'sha256'],
      forms: detectorForms,
      run: relayDetectorCommand,
    },
    sites: {
      summary: 'lists sites; "sites enrol NAME", "sites rotate NAME", "sites revoke NAME"',
      words: true,
      forms: [
        { call: '', about: 'lists the sites' },
        { call: 'enrol NAME', about: 'prints the code with which an appliance joins as this site' },
        { call: 'rotate NAME', about: 'gives the site a new password' },
        { call: 'revoke NAME', about: 'takes the password from the site; its data stays' },
      ],
      run: sitesCommand,
    },
    certificate: {
      summary: 'shows the TLS certificate with its fingerprint; "certificate pem" for clients',
      words: true,
      json: true,
      forms: certificateForms,
      run: relayCertificateCommand,
    },
    doctor: {
      summary: 'checks this relay and advises what to do',
      json: true,
      run: doctorCommand,
    },
  },
  check: checkRelayConfiguration,
  create: (config, log) => createRelay(config, log),
});
