import { type Check, failure, ok, warning } from '../../core/doctor/finding.js';
import { toIsoString } from '../../core/runtime/clock.js';
import { TimeSync } from '../health/time-sync.js';

/** Whether the machine's clock is synchronised. Every summary records it. */
export const clockCheck = (timeSync = new TimeSync()): Check => ({
  about: 'clock',
  async run() {
    await timeSync.start();
    await timeSync.stop();
    const time = toIsoString(Date.now());
    if (timeSync.status === 'synchronised') return ok(`${time}, synchronised`);
    if (timeSync.status === 'unsynchronised')
      return failure(
        `${time}, not synchronised: the times of snapshots are unreliable`,
        'sudo timedatectl set-ntp true; timedatectl timesync-status',
      );
    return warning(
      `${time}; whether it is synchronised is unknown`,
      'Install a time service: sudo apt install systemd-timesyncd; timedatectl status',
    );
  },
});
