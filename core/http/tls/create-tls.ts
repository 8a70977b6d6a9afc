import { isIP } from 'node:net';
import { addressList } from '../../runtime/address-list.js';
import { type Clock, systemClock } from '../../runtime/clock.js';
import type { Logger } from '../../runtime/logger.js';
import { isLoopbackHost } from '../../runtime/tls/local-peer.js';
import { keepEarlierInstallation, tlsFolder } from '../../runtime/tls/plain-text.js';
import type { TlsSettings } from '../../runtime/tls/tls-settings.js';
import { AcmeCertificate } from './acme-certificate.js';
import { AcmeChallenges } from './acme-challenges.js';
import type { CertificateProvider } from './certificate-provider.js';
import { Certificates } from './certificates.js';
import { GivenCertificate } from './given-certificate.js';
import { OwnCertificate } from './own-certificate.js';
import { ServerTls } from './server-tls.js';
import { subjectNames } from './subject-names.js';

export interface TlsOptions {
  dataFolder: string;
  http: {
    host: string;
    tls: TlsSettings;
    plainText?: 'allowed' | 'redirected' | undefined;
    /** A proxy in front of the server ends TLS. */
    trustProxy?: boolean;
    /** Addresses and networks of proxies that end TLS. */
    signOn?: { proxies: string[] } | undefined;
  };
  /** The embedded broker, if it runs. */
  broker?: { host: string; plainText?: 'allowed' | 'refused' | undefined } | undefined;
  /** What follows `Siteglass` in the certificate. */
  label: string;
  publicUrl?: string | undefined;
}

export interface Tls {
  certificates: Certificates;
  server: ServerTls;
  /** Whether the embedded broker accepts plain text from other machines. */
  isPlainMqttAllowed: boolean;
  /** Whether the data folder is of a version before TLS. */
  isEarlierInstallation: boolean;
}

/** Call it before the database is created, which shows that there was an earlier version. */
export function createTls(options: TlsOptions, parentLog: Logger, clock: Clock): Tls {
  const { dataFolder, http, broker } = options;
  const log = parentLog.child({ component: 'tls' });
  const isKept = keepEarlierInstallation(dataFolder);
  const challenges = new AcmeChallenges(http.tls.acme, log);
  const provider = createProvider(options, challenges, log, clock);
  const isPlainTextAllowed =
    http.plainText === undefined
      ? isKept || http.trustProxy === true
      : http.plainText === 'allowed';
  const isPlainMqttAllowed =
    broker?.plainText === undefined ? isKept : broker.plainText === 'allowed';
  const isOpen = !isLoopbackHost(http.host);
  const isBrokerOpen = broker !== undefined && !isLoopbackHost(broker.host);
  if (isKept && isOpen && http.plainText === undefined && !http.trustProxy)
    log.warn(
      'plain HTTP is served to other machines, as before TLS was added; set http.plainText to "redirected" or "allowed"',
    );
  if (isKept && isBrokerOpen && broker.plainText === undefined)
    log.warn(
      'plain MQTT is accepted from other machines, as before TLS was added; set plainText of the embedded broker to "refused" or "allowed"',
    );
  const certificates = new Certificates({
    provider,
    isNeeded: isOpen || isBrokerOpen || provider.kind !== 'own',
    log,
  });
  const server = new ServerTls({
    ...{ source: certificates, challenges, isPlainTextAllowed, log },
    isProxy: http.signOn && addressList(http.signOn.proxies),
  });
  return { certificates, server, isPlainMqttAllowed, isEarlierInstallation: isKept };
}

/** For commands, which only read what is stored. */
export const certificateProvider = (options: TlsOptions, log: Logger): CertificateProvider =>
  createProvider(options, new AcmeChallenges(undefined, log), log, systemClock);

function createProvider(
  { dataFolder, http, broker, label, publicUrl }: TlsOptions,
  challenges: AcmeChallenges,
  log: Logger,
  clock: Clock,
): CertificateProvider {
  const { certificateFile, keyFile, names, acme } = http.tls;
  if (certificateFile !== undefined && keyFile !== undefined)
    return new GivenCertificate({ certificateFile, keyFile }, log);
  const folder = tlsFolder(dataFolder);
  const listen = [http.host, ...(broker ? [broker.host] : [])].filter((host) => isIP(host) > 0);
  const others = [...names, ...(publicUrl === undefined ? [] : [hostOf(publicUrl)])];
  const own = new OwnCertificate({
    ...{ folder, label, log, clock },
    names: () => subjectNames(listen, others),
  });
  if (!acme) return own;
  return new AcmeCertificate({ folder, settings: acme, challenges, fallback: own, log, clock });
}

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '');
