import type { Socket } from 'node:net';
import { addressGroup } from '../runtime/address-group.js';
import type { Account } from './access-rules.js';

export interface AdmissionLimits {
  /** Clients that have logged in. */
  maxConnections: number;
  /** Of them, those from one address (IPv4) or network (IPv6, /64); sites with accounts are not counted. */
  maxConnectionsPerAddress: number;
  /** Connections that have not logged in. */
  maxPending: number;
  maxPendingPerAddress: number;
  /** A connection that has not logged in by then is closed. */
  loginTimeoutMs: number;
}

interface Entry {
  group: string;
  socket: Socket;
  deadline: NodeJS.Timeout;
}

/**
 * Divides a broker's connections among addresses. One that opens more than its share is refused; if all are taken, one
 * that has few takes the place of one that has most.
 */
export class ConnectionAdmission {
  /** By address and port, which name a connection also within TLS. */
  readonly #pendingByKey = new Map<string, Entry>();
  readonly #pending = new Groups();
  readonly #shared = new Groups();
  /** Sites with accounts, and the relay: each has a share of its own by its client ids. */
  readonly #own = new Groups();

  constructor(private readonly limits: AdmissionLimits) {}

  /** Whether a new connection may go on to log in; if not, the caller ends it. */
  admit(socket: Socket): boolean {
    const group = addressGroup(socket.remoteAddress);
    const own = this.#pending.sizeOf(group);
    if (own >= this.limits.maxPendingPerAddress) return false;
    if (this.#pending.total >= this.limits.maxPending && !this.#pending.makeRoomFor(own))
      return false;
    const deadline = setTimeout(() => socket.destroy(), this.limits.loginTimeoutMs);
    const entry = { group, socket, deadline };
    const key = keyOf(socket);
    this.#pendingByKey.set(key, entry);
    this.#pending.add(entry);
    socket.once('close', () => {
      clearTimeout(deadline);
      this.#pendingByKey.delete(key);
      for (const groups of [this.#pending, this.#shared, this.#own]) groups.delete(entry);
    });
    return true;
  }

  /** Whether a client that has the account may stay. */
  logIn(socket: Socket, account: Account, hasAccounts: boolean): boolean {
    const entry = this.#pendingByKey.get(keyOf(socket));
    if (!entry) return false;
    const isOwn = hasAccounts && (account.role === 'site' || account.role === 'relay');
    const used = this.#shared.sizeOf(entry.group);
    const { maxConnections, maxConnectionsPerAddress } = this.limits;
    if (!isOwn && used >= maxConnectionsPerAddress) return false;
    const isFull = this.#shared.total + this.#own.total >= maxConnections;
    if (isFull && !this.#shared.makeRoomFor(isOwn ? 0 : used)) return false;
    clearTimeout(entry.deadline);
    this.#pending.delete(entry);
    (isOwn ? this.#own : this.#shared).add(entry);
    return true;
  }
}

const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** Connections by address, oldest first. */
class Groups {
  readonly #groups = new Map<string, Set<Entry>>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  sizeOf(group: string): number {
    return this.#groups.get(group)?.size ?? 0;
  }

  add(entry: Entry): void {
    const entries = this.#groups.get(entry.group) ?? new Set();
    this.#groups.set(entry.group, entries.add(entry));
    this.#total++;
  }

  delete(entry: Entry): void {
    const entries = this.#groups.get(entry.group);
    if (!entries?.delete(entry)) return;
    this.#total--;
    if (entries.size === 0) this.#groups.delete(entry.group);
  }

  /** Ends the newest connection of the address that has most, if it has at least two more than the newcomer's. */
  makeRoomFor(own: number): boolean {
    let largest = new Set<Entry>();
    for (const entries of this.#groups.values()) if (entries.size > largest.size) largest = entries;
    const newest = [...largest].at(-1);
    if (!newest || largest.size < own + 2) return false;
    this.delete(newest);
    newest.socket.destroy();
    return true;
  }
}
