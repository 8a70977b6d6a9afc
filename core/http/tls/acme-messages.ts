/** What the process that orders a certificate by ACME and the program tell each other. */
export interface AcmeOrder {
  directoryUrl: string;
  /** Certificate authorities to trust for the directory, as PEM. */
  ca?: string | undefined;
  /** Of the account; without one, an account is made. */
  accountKey?: string | undefined;
  email?: string | undefined;
  domains: string[];
  challenge: 'http' | 'dns';
}

export interface AcmeChallenge {
  domain: string;
  token: string;
  /** What has to be found at the token's address, or in the domain's record. */
  value: string;
}

export type FromAcmeProcess =
  | { type: 'account'; key: string }
  | { type: 'present' | 'cleanup'; id: number; challenge: AcmeChallenge }
  | { type: 'issued'; key: string; chain: string }
  | { type: 'failed'; reason: string };

export type ToAcmeProcess =
  | { type: 'order'; order: AcmeOrder }
  /** The challenge is in place, or gone. */
  | { type: 'done'; id: number; error?: string };
