import type { FieldError } from '../contract/problem.js';
import { readSecret, type SecretSource } from '../runtime/configuration.js';
import { StartError } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';
import { isLoopbackHost } from '../runtime/tls/local-peer.js';
import { passwordFault } from './password-rule.js';

export interface BrokerPasswords {
  /** The embedded broker's address. */
  host: string;
  /** The setting with the accounts. */
  path: string;
  accounts: readonly { username: string; password: SecretSource }[];
  /** Installations from before the rule keep what they have. */
  isEarlierInstallation: boolean;
}

/** Accounts of an embedded broker whose passwords the rule for people would refuse, each with the reason. */
export async function weakBrokerPasswords({
  path,
  accounts,
}: BrokerPasswords): Promise<FieldError[]> {
  const found = await Promise.all(
    accounts.map(async ({ username, password }, i) => {
      const fault = await passwordFault(secretOf(password), [username]);
      return fault === undefined
        ? []
        : [{ path: `${path}.${i}.password`, message: `the password of ${username} ${fault}` }];
    }),
  );
  return found.flat();
}

/** Whether weak passwords are an error: beyond loopback, unless the installation is from before the rule. */
export const areRefused = ({ host, isEarlierInstallation }: BrokerPasswords): boolean =>
  !isLoopbackHost(host) && !isEarlierInstallation;

/** For `--check`. */
export async function brokerPasswordFaults(
  broker: BrokerPasswords | undefined,
): Promise<{ errors: FieldError[]; warnings: string[] }> {
  const weak = broker ? await weakBrokerPasswords(broker) : [];
  if (broker && areRefused(broker)) return { errors: weak, warnings: [] };
  return { errors: [], warnings: weak.map(({ path, message }) => `${path}: ${message}`) };
}

/** Logs weak passwords. Throws StartError if they are refused. */
export async function checkBrokerPasswords(broker: BrokerPasswords, log: Logger): Promise<void> {
  const weak = await weakBrokerPasswords(broker);
  const lines = weak.map(({ path, message }) => `${path}: ${message}`);
  if (lines.length > 0 && areRefused(broker))
    throw new StartError(
      `${lines.join('\n')}\nAn embedded broker that other machines reach needs strong passwords, e.g. from: openssl rand -base64 18`,
    );
  for (const { path, message } of weak)
    log.warn({ setting: path }, `weak password at the embedded broker: ${message}`);
}

/** A secret that cannot be read is another fault, which the start and the doctor name. */
function secretOf(source: SecretSource): string {
  try {
    return readSecret(source);
  } catch {
    return UNKNOWN;
  }
}
const UNKNOWN = 'a secret that nobody has read yet';
