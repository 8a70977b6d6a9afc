import { type Check, failure, ok, type Verdict } from '../../core/doctor/finding.js';
import { secretFault } from '../../core/doctor/secret-fault.js';
import { readTextFile, type SecretSource } from '../../core/runtime/configuration.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { EdgeConfig } from '../config.js';

/** Whether the secrets and files that the configuration names are readable. */
export const secretsCheck = (config: EdgeConfig): Check => ({
  about: 'secrets',
  run() {
    const secrets = secretsOf(config).filter(([, source]) => source !== undefined);
    const files = [config.mqtt?.caFile, config.lan?.caFile].filter((file) => file !== undefined);
    const found = [...secrets.flatMap(faultOf), ...files.flatMap(unreadable)];
    return found.length > 0 ? found : ok(`${secrets.length + files.length} readable`);
  },
});

type Named = [path: string, source: SecretSource | undefined];

const secretsOf = ({ mqtt, lan, cameras, notifications }: EdgeConfig): Named[] => [
  ['mqtt.password', mqtt?.password],
  ['lan.password', lan?.password],
  ...(lan?.embedded?.accounts ?? []).map(
    ({ username, password }): Named => [`lan.embedded.accounts (${username})`, password],
  ),
  ...cameras.map((camera): Named => [`cameras (${camera.id})`, secretOf(camera)]),
  ...notifications.ways.flatMap(secretsOfWay),
];

type Way = EdgeConfig['notifications']['ways'][number];

function secretsOfWay(way: Way): Named[] {
  const path = `notifications.ways (${way.id})`;
  if (way.kind === 'mqtt') return [];
  if (way.kind === 'email') return [[path, way.password]];
  const headers = way.headers.map(({ value }): Named => [path, value]);
  return [[path, way.url], [path, way.signingSecret], ...headers];
}

const secretOf = (camera: EdgeConfig['cameras'][number]): SecretSource | undefined => {
  if (camera.kind === 'push') return camera.pushSecret;
  return 'auth' in camera ? camera.auth?.password : undefined;
};

function faultOf([path, source]: Named): Verdict[] {
  const fault = secretFault(source);
  return fault ? [{ ...fault, text: `${path}: ${fault.text}` }] : [];
}

function unreadable(file: string): Verdict[] {
  try {
    readTextFile(file);
    return [];
  } catch (error) {
    return [
      failure(
        `caFile: ${messageOf(error)}`,
        'Correct its path, or make it readable for the user of the service.',
      ),
    ];
  }
}
