import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { siteBrokerSchema, sitePasswordSchema } from '../../core/contract/enrolment.js';
import { nameSchema } from '../../core/contract/names.js';
import { messageOf, StartError } from '../../core/runtime/errors.js';
import { readIfPresent, writeWhole } from '../../core/store/database-files.js';

const accountSchema = z.object({
  site: nameSchema,
  relay: z.object({ address: z.string(), fingerprint: z.string() }),
  mqtt: siteBrokerSchema,
  /** The next password, from before the relay is asked to accept it until it has answered. */
  next: sitePasswordSchema.optional(),
});

/** The account that the appliance got from its relay, without the password. */
export type RelayAccount = z.infer<typeof accountSchema>;

const pendingSchema = z.object({ code: z.string(), password: sitePasswordSchema });

/**
 * The files of the account in the data folder, which only the service's user can read. Each is replaced as a whole; the
 * file of the account is written last, so that it exists only with its password.
 */
export class RelayAccountFiles {
  readonly #account: string;
  readonly #pending: string;
  readonly passwordFile: string;
  readonly caFile: string;

  constructor(folder: string) {
    this.#account = join(folder, 'relay-account.json');
    this.#pending = join(folder, 'relay-enrolment.json');
    this.passwordFile = join(folder, 'relay-password');
    this.caFile = join(folder, 'relay-ca.pem');
  }

  /** Undefined if the appliance is not enrolled. Throws StartError if the file is damaged. */
  read(): RelayAccount | undefined {
    return readAs(this.#account, accountSchema);
  }

  password(): string {
    return (readIfPresent(this.passwordFile) ?? '').trim();
  }

  write(account: RelayAccount, password: string): void {
    if (account.mqtt.ca === undefined) rmSync(this.caFile, { force: true });
    else writeWhole(this.caFile, account.mqtt.ca);
    if (password !== this.password()) writeWhole(this.passwordFile, `${password}\n`);
    writeWhole(this.#account, `${JSON.stringify(account, null, 2)}\n`);
    rmSync(this.#pending, { force: true });
  }

  /** The password of an exchange that was begun with the same code. */
  pendingPassword(code: string): string | undefined {
    const pending = readAs(this.#pending, pendingSchema);
    return pending?.code === code ? pending.password : undefined;
  }

  writePending(code: string, password: string): void {
    writeWhole(this.#pending, `${JSON.stringify({ code, password })}\n`);
  }
}

function readAs<S extends z.ZodType>(file: string, schema: S): z.infer<S> | undefined {
  const text = readIfPresent(file);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new StartError(`${file} cannot be read: ${messageOf(cause)}; remove it and enrol again`, {
      cause,
    });
  }
}
