import test from 'ava';
import { nearest, unknownName, withoutValidNames } from '../../../core/runtime/unknown-name.js';

const names = ['stop-sign', 'stop-sign-lbp', 'face', 'yolox-nano'];

const meant: [string, string | undefined][] = [
  ['stopsign', 'stop-sign'],
  ['stop sign', 'stop-sign'],
  ['Stop-Sign', 'stop-sign'],
  ['sotp-sign', 'stop-sign'],
  ['fce', 'face'],
  ['afce', 'face'],
  ['yolo-nano', 'yolox-nano'],
  ['unicorn', undefined],
  ['x', undefined],
  ['', undefined],
];

for (const [written, wanted] of meant)
  test(`"${written}" is ${wanted === undefined ? 'near no name' : `probably ${wanted}`}`, (t) => {
    t.is(nearest(written, names), wanted);
  });

test('an unknown name is answered with the nearest and all valid ones', (t) => {
  t.is(
    unknownName('there is no detector "fase"', 'fase', names),
    'there is no detector "fase". Did you mean "face"? Valid: stop-sign, stop-sign-lbp, face, yolox-nano',
  );
  t.is(unknownName('there is no camera "a"', 'a', []), 'there is no camera "a". There are none.');
});

test('a message lists at most a hundred names', (t) => {
  const many = Array.from({ length: 250 }, (_, i) => `label ${i}`);
  const text = unknownName('no', 'zebra crossing', many);
  t.true(text.endsWith('label 99, and 150 more'));
});

test('without the list, the text keeps what is wrong and the nearest name', (t) => {
  t.is(
    withoutValidNames(unknownName('there is no detector "fase"', 'fase', names)),
    'there is no detector "fase". Did you mean "face"?',
  );
  t.is(
    withoutValidNames(unknownName('there is no camera "a"', 'a', [])),
    'there is no camera "a".',
  );
});
