import test from 'ava';
import {
  differences,
  fill,
  takeRun,
  takeRuns,
  type Watched,
  watchedFolder,
} from '../../support/watched-folder.js';

/** After so many files, a look has time for the least number of steps only. */
function slowDownAfter(files: number, { fs, steady }: Watched) {
  let asked = 0;
  fs.beforeStat = (path) => {
    if (path !== '' && ++asked > files) steady.aheadMs += 1_000;
  };
}

for (const isLocal of [true, false])
  test(`a burst is taken completely if a look ends before it has seen all of it, ${isLocal ? 'with' : 'without'} the kernel’s reports`, async (t) => {
    const watched = await watchedFolder(t);
    const { folder, fs, open } = watched;
    fs.isLocal = isLocal;
    const camera = open();
    t.deepEqual(await takeRun(camera), []);
    const names = await fill(folder, 2_300, 'night');
    slowDownAfter(2_310, watched);
    const taken = await takeRuns(camera, 60);
    t.deepEqual(differences(taken, names), { missed: [], repeated: [] });
  });
