import type { World } from './world.js';

/** What a scenario needs beyond one site, one relay with SQLite, and a broker that lets everyone in. */
export interface Needs {
  sites?: string[];
  /** Relays that share one PostgreSQL database. */
  sharedRelays?: number;
  /** The broker knows accounts, and none at first but the relay's. */
  accounts?: boolean;
  /** The first site's database is on a disk that can be filled. */
  smallDisk?: boolean;
  /** Both programs whole, as an operator runs them. */
  whole?: boolean;
  /** Summaries may be sent again in a later epoch: the relay recognises those that it has. */
  recognises?: boolean;
  /** The product's own times, in the quick set, too: for a line so slow that haste would break it. */
  patient?: boolean;
}

export interface Scenario extends Needs {
  /** As it is called on the command line and in the table. */
  name: string;
  /** Completes the sentence “nothing is lost or doubled when …”. */
  what: string;
  /** Brings about the faults while the sites produce, and takes them away again. */
  faults(world: World): Promise<void>;
}
