/** An account at an authority: its key, and the URL that identifies it. */
export interface AcmeAccount {
  key: string;
  url: string;
}

/** What the process is to order. */
export interface AcmeOrder {
  directoryUrl: string;
  /** Certificate authorities to trust for the directory, as PEM. */
  ca?: string | undefined;
  /** Without one, an account is made. */
  account?: AcmeAccount | undefined;
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

/** What the process that orders a certificate and the program say to each other. */
export type FromAcmeProcess =
  | { type: 'account'; account: AcmeAccount }
  | { type: 'present' | 'cleanup'; id: number; challenge: AcmeChallenge }
  | { type: 'issued'; key: string; chain: string }
  | { type: 'failed'; reason: string };

export type ToAcmeProcess =
  | { type: 'order'; order: AcmeOrder }
  /** The challenge is in place, or gone. */
  | { type: 'done'; id: number; error?: string };
