import { plural } from '../plural.js';

export const tuning = {
  help: 'Change a value: the last snapshot is searched with it at once. Nothing takes effect before you save.',
  values: 'Values to try',
  forFile: 'The configuration file declares this camera. To keep these values, write them there:',
  leaveOut: (setting: string) => `# without ${setting}`,
  last: 'On the last snapshot',
  hundred: 'Try on the last 100 snapshots',
  trying: 'Searching the snapshots.',
  progress: (done: number) =>
    plural(done, { one: '{n} snapshot done', other: '{n} snapshots done' }),
  stop: 'Stop',
  noSnapshots:
    'There are no stored snapshots yet. Wait for the first one, or take one on the page Live.',
  result: (before: string, after: string, count: number) =>
    plural(count, {
      one: `Detections: ${before} → ${after} in {n} snapshot`,
      other: `Detections: ${before} → ${after} in {n} snapshots`,
    }),
  label: 'Label',
  before: 'Before',
  after: 'With these values',
  changed: (count: number) =>
    plural(count, { one: '{n} snapshot would change', other: '{n} snapshots would change' }),
  unchanged: 'No snapshot would change.',
  thumbnail: (at: string, gone: number, added: number) => `${at}: ${gone} gone, ${added} new`,
  gone: 'gone',
  added: 'new',
  kept: 'in both',
  legend: 'Boxes: solid in both, dashed gone, double new',
  caption: (at: string, before: number, after: number) => `${at}: ${before} → ${after}`,
  notAnalysed: (reason: string) => `Not searched: ${reason}`,
  motion: {
    title: 'Motion gate, live',
    none: 'There are no values yet: they come with the next snapshot.',
    change: 'Change',
    threshold: 'Threshold',
    decisions: {
      moved: 'Something changed: it was searched.',
      due: 'Nothing changed; it was searched because it was due.',
      requested: 'It was searched on request.',
      unsettled: 'It was searched because an object was about to appear or to leave.',
      skipped: 'Nothing changed: it was not searched.',
    },
    wouldMove: 'counts as motion',
    wouldNot: 'does not count as motion',
    share: (share: string) => `${share} of the picture changed`,
    chart: 'Change of the last snapshots, with the threshold as a line',
    off: 'The gate is off. What is shown is what it would see.',
    cells: 'Parts of the picture that changed',
    at: (ago: string) => `Snapshot ${ago}`,
  },
};
