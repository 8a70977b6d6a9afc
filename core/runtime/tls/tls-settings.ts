import { z } from 'zod';
import { fingerprintSchema } from './fingerprint.js';

const hostName = z
  .string()
  .max(253)
  .regex(
    /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i,
    'expected the name of a host',
  );

/** Certificates by ACME (RFC 8555). */
const acmeSettings = z
  .strictObject({
    domains: z.array(hostName).min(1).max(32),
    email: z.email().optional(),
    directoryUrl: z
      .url({ protocol: /^https$/, error: 'expected https://…' })
      .default('https://acme-v02.api.letsencrypt.org/directory'),
    /** Certificate authorities to trust for the directory, as PEM. */
    caFile: z.string().min(1).optional(),
    /** `http`: the authority asks this program on port 80. `dns`: the hook writes a record of the domain. */
    challenge: z.enum(['http', 'dns']).default('http'),
    /** Where the authority's request arrives during an order; 0 if it is forwarded to the port of the API. */
    httpPort: z.int().min(0).max(65_535).default(80),
    /** Called with `present` or `cleanup`, the name of the record and its value. */
    dnsHook: z.string().min(1).optional(),
    dnsWaitSeconds: z.number().min(0).max(3_600).default(30),
  })
  .refine(({ challenge, dnsHook }) => challenge !== 'dns' || dnsHook !== undefined, {
    path: ['dnsHook'],
    error: 'is required with "challenge: dns": the command that writes the record of the domain',
  });
export type AcmeSettings = z.infer<typeof acmeSettings>;

/** Without these settings the program makes a certificate by itself. */
export const tlsSettings = z
  .strictObject({
    certificateFile: z.string().min(1).optional(),
    keyFile: z.string().min(1).optional(),
    /** Names and addresses in the certificate that the program makes, besides those it finds. */
    names: z
      .array(z.union([hostName, z.ipv4(), z.ipv6()]))
      .max(32)
      .default([]),
    acme: acmeSettings.optional(),
  })
  .refine(
    ({ certificateFile, keyFile }) => (certificateFile === undefined) === (keyFile === undefined),
    {
      path: ['keyFile'],
      error: 'set "certificateFile" and "keyFile" together',
    },
  )
  .refine(({ certificateFile, acme }) => certificateFile === undefined || acme === undefined, {
    path: ['acme'],
    error: 'expected either "certificateFile" and "keyFile", or "acme"',
  })
  .prefault({});
export type TlsSettings = z.infer<typeof tlsSettings>;

/** For a server that speaks HTTP: its certificate, and what becomes of plain text from other machines. */
export const httpTlsShape = {
  tls: tlsSettings,
  plainText: z.enum(['allowed', 'redirected']).optional(),
};

/** For an embedded broker, which shows the certificate of `http.tls`. */
export const brokerTlsShape = {
  plainText: z.enum(['allowed', 'refused']).optional(),
};

/** For a client: the broker's certificate by its fingerprint, instead of a certificate authority. */
export const pinShape = { fingerprint: fingerprintSchema.optional() };

export const pinNeedsTls = {
  check: ({ url, fingerprint }: { url?: string | undefined; fingerprint?: string | undefined }) =>
    fingerprint === undefined || url?.startsWith('mqtts:') === true,
  path: ['fingerprint'],
  error: 'requires an mqtts:// URL',
};
