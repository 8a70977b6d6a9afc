import { computed, signal } from '@preact/signals';
import type { PrincipalKind, Role } from '../../core/contract/access.js';
import { api, whenUnauthorized } from './api.js';

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

export const isLoggedIn = computed(() => caller.value != null);

whenUnauthorized(() => {
  caller.value = null;
});

/** Rejects if the program does not answer. */
export async function findCaller(): Promise<void> {
  const { caller: known } = await api.get<{ caller: Caller | null }>('/session/current');
  caller.value = known;
}

export async function logIn(user: string, password: string): Promise<void> {
  caller.value = await api.post<Caller>('/session', { user, password });
}

export async function logOut(): Promise<void> {
  await api.delete('/session');
  caller.value = null;
}
