import type { Migration } from 'kysely';

/**
 * From here on the settings of a way have no secrets, which programs before cannot read: the number keeps them from it. No
 * table changes. `StoredWays` moves the secrets, since a migration knows neither files nor keys.
 */
export const notificationSecretsMigration: Migration = {
  async up() {
    // See above.
  },
};
