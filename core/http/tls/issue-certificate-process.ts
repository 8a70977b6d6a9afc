import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { text } from 'node:stream/consumers';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Authority, CertificateRequest, IssuedCertificate } from './certificate-request.js';

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' };
/** An authority has no expiry (RFC 5280, section 4.1.2.5), so that a clock that is wrong at the first start does not matter. */
const AUTHORITY_FROM = new Date('2000-01-01T00:00:00Z');
const AUTHORITY_TO = new Date('9999-12-31T23:59:59Z');

type Keys = webcrypto.CryptoKeyPair;

/** Positive, and without a zero in front (RFC 5280, section 4.1.2.2). */
const serialNumber = () => {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
};

const generate = (): Promise<Keys> => webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);

const exported = async ({ privateKey }: Keys): Promise<string> =>
  `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY')}\n`;

const importKey = (pem: string) =>
  webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), P256, false, ['sign']);

async function makeAuthority(name: string): Promise<Authority> {
  const keys = await generate();
  const subject = [{ CN: [name] }];
  const certificate = await X509CertificateGenerator.create({
    ...{ serialNumber: serialNumber(), subject, issuer: subject },
    ...{ notBefore: AUTHORITY_FROM, notAfter: AUTHORITY_TO },
    ...{ publicKey: keys.publicKey, signingKey: keys.privateKey, signingAlgorithm: SIGNING },
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: await exported(keys), certificate: `${certificate.toString('pem')}\n` };
}

async function issue(request: CertificateRequest): Promise<IssuedCertificate> {
  const authority = request.authority ?? (await makeAuthority(request.authorityName));
  const issuer = new X509Certificate(authority.certificate);
  const signingKey = await importKey(authority.key);
  const keys = await generate();
  const alternatives = [
    ...request.names.map((value) => ({ type: 'dns' as const, value })),
    ...request.addresses.map((value) => ({ type: 'ip' as const, value })),
  ];
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [request.commonName] }, { O: [request.organisation] }],
    issuer: issuer.subjectName.toJSON(),
    ...{ notBefore: new Date(request.notBefore), notAfter: new Date(request.notAfter) },
    ...{ publicKey: keys.publicKey, signingKey, signingAlgorithm: SIGNING },
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(alternatives),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { authority, key: await exported(keys), certificate: `${certificate.toString('pem')}\n` };
}

const request = JSON.parse(await text(process.stdin)) as CertificateRequest;
process.stdout.write(JSON.stringify(await issue(request)));
