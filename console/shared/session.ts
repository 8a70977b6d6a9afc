import { batch, signal } from '@preact/signals';
import type { PrincipalKind, Role } from '../../core/contract/access.js';
import { api, followSession } from './api.js';

export interface Caller {
  name: string;
  role: Role;
  kind: PrincipalKind;
  /** The only cameras that the caller may use; null for all. */
  cameras: string[] | null;
}

/** Who uses the page: `undefined` until that is known, `null` for nobody. */
export const caller = signal<Caller | null | undefined>(undefined);

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

/** Whether the caller may do what needs `role`. The program decides; the page only hides what would be refused. */
export const may = (role: Role): boolean =>
  caller.value != null && RANK[caller.value.role] >= RANK[role];

/**
 * Whether the session has ended while the page was in use. What is open and typed there stays for its user, under a login;
 * `caller` is still who it was.
 */
export const isEnded = signal(false);

/** How often somebody has logged in: what was refused before is asked for again. */
export const logIns = signal(0);

const setCaller = (next: Caller | null) =>
  batch(() => {
    isEnded.value = next === null && caller.value != null && caller.value.kind !== 'anyone';
    if (!isEnded.value) caller.value = next;
  });

followSession({ isEnded: () => isEnded.value, onRefused: () => setCaller(null) });

/** Rejects if the program does not answer. */
export async function findCaller(): Promise<void> {
  const { caller: known } = await api.get<{ caller: Caller | null }>('/session/current');
  setCaller(known);
}

export async function logIn(user: string, password: string): Promise<void> {
  const next = await api.post<Caller>('/session', { user, password });
  batch(() => {
    setCaller(next);
    logIns.value += 1;
  });
}

export async function logOut(): Promise<void> {
  await api.delete('/session');
  forgetCaller();
}

/** The page is shown no longer to who used it. */
export function forgetCaller(): void {
  caller.value = null;
}
