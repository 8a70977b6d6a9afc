/** An authority that a program made for itself, as PEM. */
export interface Authority {
  key: string;
  certificate: string;
}

/** What a certificate is to be. */
export interface CertificateRequest {
  /** Signs it; without one, an authority is made, too. */
  authority?: Authority | undefined;
  /** The name of a new authority. */
  authorityName: string;
  /** Shown by clients: the host, and the site or program. */
  commonName: string;
  organisation: string;
  names: string[];
  addresses: string[];
  /** Milliseconds since the Unix epoch. */
  notBefore: number;
  notAfter: number;
}

export interface IssuedCertificate {
  authority: Authority;
  key: string;
  certificate: string;
}
