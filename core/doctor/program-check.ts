import { programVersion } from '../runtime/program-version.js';
import { type Check, failure, ok } from './finding.js';

const OLDEST = [20, 19];

/** The version of the program and of Node.js. */
export const programCheck = (name: string, version = process.versions.node): Check => ({
  about: 'program',
  run() {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const [oldestMajor = 0, oldestMinor = 0] = OLDEST;
    const text = `${name} ${programVersion()}, Node ${version}, ${process.platform} ${process.arch}`;
    return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
      ? ok(text)
      : failure(
          text,
          `Install Node.js ${OLDEST.join('.')} or newer (on Debian 13: sudo apt install nodejs).`,
        );
  },
});
