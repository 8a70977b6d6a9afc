/** A point of a letter: units to the right, and units above the baseline. */
export type FontPoint = readonly [x: number, y: number];

export interface Glyph {
  /** Lines between points; one point alone is a dot. */
  strokes: FontPoint[][];
  /** Units to the next letter. */
  advance: number;
}

/** Height of a capital letter above the baseline, in units, and how far letters reach below it. */
export const CAP_HEIGHT = 7;
export const DESCENT = 2;

const SPACING = 2;
const SPACE: Glyph = { strokes: [], advance: 3 };

/**
 * The printable characters of ASCII, each with its strokes. A stroke is a list of points; a point is two digits: from the
 * left, and from the lowest descender, so that the baseline is at 2, the height of small letters at 7, of capitals at 9.
 */
const GLYPHS: Record<string, string> = {
  '!': '0904 0202',
  '"': '0907 2927',
  '#': '1219 3239 0444 0747',
  $: '584919080716465553421203 3931',
  '%': '0259 0919180809 4353524243',
  '&': '5217182938370403123255',
  "'": '0907',
  '(': '19070311',
  ')': '09171301',
  '*': '2824 0745 4705',
  '+': '2723 0545',
  ',': '1200',
  '-': '0535',
  '.': '0202',
  '/': '0149',
  '0': '190803124253584919',
  '1': '072922 0242',
  '2': '08194958570252',
  '3': '08194958574616 465553421203',
  '4': '42490454',
  '5': '590906465553421203',
  '6': '584919080312425355461605',
  '7': '095922',
  '8': '16070819495857461605031242535546',
  '9': '031242535849190806154556',
  ':': '0303 0606',
  ';': '1200 1606',
  '<': '480542',
  '=': '0444 0646',
  '>': '084502',
  '?': '08193948472524 2222',
  '@': '534212030819495854 4727244447',
  A: '023962 1454',
  B: '02094958574606 4655534202',
  C: '5849190803124253',
  D: '02093957543202',
  E: '59090252 0646',
  F: '590902 0646',
  G: '58491908031242535535',
  H: '0209 5259 0656',
  I: '0929 1912 0222',
  J: '4943321203',
  K: '0209 5904 2652',
  L: '090242',
  M: '0209356962',
  N: '02095259',
  O: '190803124253584919',
  P: '02094958564505',
  Q: '190803124253584919 3451',
  R: '02094958564505 2552',
  S: '584919080716465553421203',
  T: '0969 3932',
  U: '090312425359',
  V: '093269',
  W: '0922476289',
  X: '0952 0259',
  Y: '093669 3632',
  Z: '09590252',
  '[': '19090111',
  '\\': '0941',
  ']': '09191101',
  '^': '072947',
  _: '0141',
  '`': '0917',
  a: '0617374642 45150403123243',
  b: '0902 0617374643321203',
  c: '4637170603123243',
  d: '4942 4637170603123243',
  e: '05454637170603123243',
  f: '39291812 0737',
  g: '4741301001 4637170603123243',
  h: '0902 0617374642',
  i: '0702 0909',
  j: '171100 1919',
  k: '0902 4704 1542',
  l: '090312',
  m: '0702 0617273632 3647576662',
  n: '0702 0617374642',
  o: '170603123243463717',
  p: '0700 0617374643321203',
  q: '4740 4637170603123243',
  r: '0702 052737',
  s: '46371706054443321203',
  t: '19132232 0737',
  u: '0703123243 4742',
  v: '072247',
  w: '0712365267',
  x: '0742 0247',
  y: '0722 471000',
  z: '07470242',
  '{': '29181605141221',
  '|': '0901',
  '}': '09181625141201',
  '~': '05163445',
};

const glyphs = new Map(
  Object.entries(GLYPHS).map(([character, strokes]) => [character, glyphOf(strokes)]),
);

/** The letters of a text. Accents are dropped, and what is not ASCII then becomes a question mark. */
export function glyphsOf(text: string): Glyph[] {
  const ascii = text.normalize('NFKD').replace(/\p{M}/gu, '');
  return Array.from(ascii, (character) =>
    character === ' ' ? SPACE : (glyphs.get(character) ?? glyphs.get('?') ?? SPACE),
  );
}

function glyphOf(text: string): Glyph {
  const strokes = text
    .split(' ')
    .map((stroke) =>
      Array.from(
        stroke.matchAll(/(\d)(\d)/g),
        ([, x, y]): FontPoint => [Number(x), Number(y) - DESCENT],
      ),
    );
  const width = Math.max(...strokes.flat().map(([x]) => x));
  return { strokes, advance: width + SPACING };
}
