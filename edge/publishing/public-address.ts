import { lanUrl } from '../health/lan-url.js';

interface ListenAddress {
  host: string;
  port: number;
}

/**
 * Where programs on the LAN reach the API: the configured URL or, without one, the address that the server listens on
 * as the network interfaces show it.
 */
export class PublicAddress {
  #listening: ListenAddress;

  /** `listen` is the configured address; its port may be 0 until `listening` is called. */
  constructor(
    private readonly publicUrl: string | undefined,
    listen: ListenAddress,
    private readonly scheme: 'http' | 'https' = 'http',
  ) {
    this.#listening = listen;
  }

  listening(address: ListenAddress): void {
    this.#listening = address;
  }

  get url(): string {
    return this.publicUrl ?? lanUrl(this.#listening, this.scheme);
  }
}
