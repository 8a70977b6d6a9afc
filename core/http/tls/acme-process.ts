import { Agent } from 'node:https';
import acme from 'acme-client';
import { messageOf } from '../../runtime/errors.js';
import type { AcmeChallenge, AcmeOrder, FromAcmeProcess, ToAcmeProcess } from './acme-messages.js';

const pending = new Map<number, (error?: string) => void>();
let lastId = 0;

function send(message: FromAcmeProcess): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

/** Asks the program to put a challenge in place or to remove it. Rejects if that fails. */
function ask(type: 'present' | 'cleanup', challenge: AcmeChallenge): Promise<void> {
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    pending.set(id, (error) => (error === undefined ? resolve() : reject(new Error(error))));
    void send({ type, id, challenge });
  });
}

async function order(wanted: AcmeOrder): Promise<void> {
  const { directoryUrl, ca, email, domains, challenge } = wanted;
  if (ca !== undefined) acme.axios.defaults.httpsAgent = new Agent({ ca });
  const { account } = wanted;
  const accountKey = account?.key ?? (await acme.crypto.createPrivateEcdsaKey()).toString();
  const client = new acme.Client({
    ...{ directoryUrl, accountKey },
    ...(account && { accountUrl: account.url }),
  });
  const [key, csr] = await acme.crypto.createCsr(
    { commonName: domains[0] ?? '', altNames: domains },
    await acme.crypto.createPrivateEcdsaKey(),
  );
  const change =
    (type: 'present' | 'cleanup') =>
    (
      { identifier }: { identifier: { value: string } },
      { token }: { token: string },
      value: string,
    ) =>
      ask(type, { domain: identifier.value, token, value });
  const register = async () => {
    await client.createAccount({
      termsOfServiceAgreed: true,
      ...(email !== undefined && { contact: [`mailto:${email}`] }),
    });
    await send({ type: 'account', account: { key: accountKey, url: client.getAccountUrl() } });
  };
  if (!account) await register();
  const chain = await client.auto({
    csr,
    termsOfServiceAgreed: true,
    // Names in the LAN may resolve to other addresses than the authority sees.
    skipChallengeVerification: true,
    challengePriority: [challenge === 'http' ? 'http-01' : 'dns-01'],
    challengeCreateFn: change('present'),
    challengeRemoveFn: change('cleanup'),
  });
  await send({ type: 'issued', key: key.toString(), chain: chain.toString() });
}

process.on('message', (message: ToAcmeProcess) => {
  if (message.type === 'done') {
    pending.get(message.id)?.(message.error);
    pending.delete(message.id);
    return;
  }
  void order(message.order)
    .catch((error: unknown) => send({ type: 'failed', reason: messageOf(error) }))
    .then(() => process.disconnect());
});
