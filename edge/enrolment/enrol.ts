import { createHash, randomBytes } from 'node:crypto';
import { exchangedSchema } from '../../core/contract/enrolment.js';
import { decodeEnrolmentCode, hexOf } from '../../core/contract/enrolment-code.js';
import { StartError } from '../../core/runtime/errors.js';
import { type RelayAccount, RelayAccountFiles } from './relay-account.js';
import { postToRelay, RelayRefusal } from './relay-client.js';

export interface EnrolParts {
  dataFolder: string;
  site: string;
  /** Whether the configuration names an account at the relay, which comes before the enrolled one. */
  hasOwnPassword: boolean;
}

/** 240 random bits, as text that needs no quoting. */
export const newSitePassword = (): string => randomBytes(30).toString('base64url');

/**
 * Exchanges a code for the site's account at the relay, and stores it. After a crash it may be repeated with the same
 * code: the password is stored before the relay is asked. Throws StartError.
 */
export async function enrol(
  { dataFolder, site, hasOwnPassword }: EnrolParts,
  text: string,
): Promise<RelayAccount> {
  if (hasOwnPassword)
    throw new StartError(
      'the configuration has an account at the relay already: remove mqtt.password from it first',
    );
  const code = decodeEnrolmentCode(text);
  if ('fault' in code) throw new StartError(`this is not an enrolment code: ${code.fault}`);
  const files = new RelayAccountFiles(dataFolder);
  const secret = hexOf(code.secret);
  const id = createHash('sha256').update(secret).digest('hex');
  const password = files.pendingPassword(id) ?? newSitePassword();
  files.writePending(id, password);
  const relay = { address: code.address, fingerprint: hexOf(code.fingerprint) };
  const { mqtt } = await exchange(relay, { secret, site, password });
  const account = { site, relay, mqtt };
  files.write(account, password);
  return account;
}

async function exchange(
  relay: RelayAccount['relay'],
  body: { secret: string; site: string; password: string },
) {
  try {
    return await postToRelay(relay, '/api/v1/enrolment', body, exchangedSchema);
  } catch (error) {
    if (!(error instanceof RelayRefusal)) throw error;
    throw new StartError(`the relay refused: ${error.message}`, { cause: error });
  }
}
