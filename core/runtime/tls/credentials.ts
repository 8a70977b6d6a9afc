/** What a server shows its clients, as PEM. */
export interface TlsCredentials {
  key: string;
  /** Its certificate, followed by those of the authorities between it and one that clients know. */
  chain: string;
}

/** The certificate of a program, which may change while it runs. */
export interface TlsSource {
  /** Makes or reads the certificate if that has not happened yet. Rejects if there is none. */
  credentials(): Promise<TlsCredentials>;
  /** The listener is called with each new certificate, until the returned function is called. */
  onChange(listener: (credentials: TlsCredentials) => void): () => void;
}
