import { type Check, failure, ok, warning } from '../../core/doctor/finding.js';
import { toIsoString } from '../../core/runtime/clock.js';
import { TimeSync } from '../health/time-sync.js';

/** Whether the machine's clock is kept right, which summaries are marked with. */
export const clockCheck = (trust = new TimeSync()): Check => ({
  about: 'clock',
  async run() {
    await trust.start();
    await trust.stop();
    const time = toIsoString(Date.now());
    if (trust.status === 'synchronised') return ok(`${time}, synchronised`);
    if (trust.status === 'unsynchronised')
      return failure(
        `${time}, not synchronised: what is recorded has a time that cannot be trusted`,
        'timedatectl set-ntp true, and see that a time server can be reached.',
      );
    return warning(
      `${time}, and nothing here tells whether that is right`,
      'Install systemd-timesyncd or chrony; timedatectl has to answer.',
    );
  },
});
