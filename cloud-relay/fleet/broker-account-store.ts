/** The sites' accounts at a broker that stores its own, beside the relay's database. */
export interface BrokerAccountStore {
  /** Creates the account, or replaces it with this password. Throws `conflict` and `broker_unavailable`. */
  create(site: string, password: string): Promise<void>;
  /** Deletes the account if there is one, and closes its connection. Throws `broker_unavailable`. */
  delete(site: string): Promise<void>;
}
