import { computed, signal } from '@preact/signals';
import type { UpgradeResource } from '../../../core/contract/upgrade.js';
import { ApiError, api } from '../../shared/api.js';

const PATH = '/system/upgrade';
const HINT_EVERY_MS = 3_600_000;

/** The version of the appliance and what is newer, as an administrator sees them. */
export const upgrades = {
  /** `undefined` until it was asked for. */
  state: signal<UpgradeResource | undefined>(undefined),
  error: signal<unknown>(undefined),
  /** Whether the last request had no answer. */
  isAway: signal(false),
};

/** The version that the page was made by. */
let own: string | undefined;

/** Whether another version runs than the one that the page is of. */
export const isOtherVersion = computed(
  () => upgrades.state.value !== undefined && upgrades.state.value.installed !== own,
);

/** A newer version that nobody has tried yet. */
export const offeredVersion = computed(() => {
  const { newest, last } = upgrades.state.value ?? {};
  const wasTried = last?.outcome === 'returned' && last.to === newest;
  return newest && !wasTried ? newest : undefined;
});

async function take(answer: Promise<UpgradeResource>): Promise<void> {
  const state = await answer;
  own ??= state.installed;
  upgrades.state.value = state;
  upgrades.error.value = undefined;
  upgrades.isAway.value = false;
}

/** Asks again; an error stays on the page until there is an answer. */
export async function askUpgrade(): Promise<void> {
  try {
    await take(api.get<UpgradeResource>(PATH));
  } catch (error) {
    upgrades.isAway.value = true;
    // While it restarts there is no answer, or one that says so.
    const isRestart = error instanceof ApiError && (error.status === 0 || error.status >= 502);
    if (!isRestart || upgrades.state.value === undefined) upgrades.error.value = error;
  }
}

export const lookForVersion = () => take(api.post<UpgradeResource>(`${PATH}/check`));
export const startUpgrade = () => take(api.post<UpgradeResource>(PATH));

/** Keeps the hint in the navigation up to date. Returns what ends it. */
export function watchVersion(): () => void {
  void askUpgrade();
  const timer = setInterval(() => void askUpgrade(), HINT_EVERY_MS);
  return () => clearInterval(timer);
}
