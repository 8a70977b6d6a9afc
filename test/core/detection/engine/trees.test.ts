import test from 'ava';
import {
  InvalidCascade,
  type ParsedCascade,
} from '../../../../core/detection/engine/cascade-model.js';
import { parseCascade } from '../../../../core/detection/engine/parse-cascade.js';
import { type Random, seededRandom } from '../../../support/render-random.js';
import { ANY_SIZE, enginesOfThisMachine } from './support/engines.js';
import { drawImage } from './support/images.js';
import { integer } from './support/integers.js';
import { plainScore } from './support/plain-cascade.js';
import { treeCascade } from './support/tree-cascades.js';

test('a window’s score is the sum of the leaves that it comes to in the last stage', (t) => {
  const widths = enginesOfThisMachine();
  const seen = { passed: 0, rejected: 0 };
  for (let seed = 1; seed <= 400; seed++) {
    const random = seededRandom(seed);
    const window = { width: integer(random, 10, 26), height: integer(random, 10, 26) };
    const kind = random.pick(['haar', 'lbp'] as const);
    const most = random.pick([1, 2, 3, 8, 64]);
    const parsed = parseCascade(
      treeCascade(random, { kind, window, stages: integer(random, 1, 2), nodes: most }),
    );
    if (!('model' in parsed)) return t.fail(`${seed}: ${parsed.unsupported.reason}`);
    const image = drawImage(random.pick(['noise', 'extremes', 'clouds']), window, random);
    const wanted = plainScore(parsed.model, image);
    for (const engine of widths) {
      const query = { cascade: engine.load(parsed.model), ...ANY_SIZE };
      const [found = []] = engine.searchCandidates(image, [query]);
      t.deepEqual(
        found.map(({ score }) => score),
        wanted === undefined ? [] : [wanted],
        `${seed}: ${kind}, up to ${most} nodes`,
      );
    }
    if (wanted === undefined) seen.rejected++;
    else seen.passed++;
  }
  t.true(seen.passed > 100 && seen.rejected > 100, JSON.stringify(seen));
});

/** What a damaged file may have for a branch. */
const BRANCHES = ['0', '-0', '-1', '1', '2', '3', '63', '64', '-2', '-65', '65536', '-2147483648'];
/** And for any word. */
const WORDS = [...BRANCHES, '4294967296', '1e30', '-1e30', '0.5', 'NaN', '', '0 0', 'x'];

test('trees with any few words replaced are searched, left to OpenCV or refused', (t) => {
  const widths = enginesOfThisMachine();
  const image = drawImage('noise', { width: 40, height: 40 }, seededRandom(3));
  const outcomes: Record<string, number> = {};
  for (let seed = 1; seed <= 3000; seed++) {
    const random = seededRandom(seed);
    const kind = random.pick(['haar', 'lbp'] as const);
    const isOld = kind === 'haar' && random.between(0, 1) < 0.3;
    const window = { width: 20, height: 20 };
    let xml = treeCascade(random, { kind, window, stages: 1, nodes: 5, isOld });
    for (let n = integer(random, 1, 3); n > 0; n--) xml = withWordReplaced(xml, random);
    const outcome = outcomeOf(xml);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  for (const outcome of ['searched', 'cycle', 'node', 'leaf', 'feature', 'join'])
    t.true((outcomes[outcome] ?? 0) > 20, JSON.stringify(outcomes));

  function outcomeOf(xml: string): string {
    const parsed = parsedOrRefusal(xml);
    if (typeof parsed === 'string') return parsed;
    if ('unsupported' in parsed) return kindOf(parsed.unsupported.reason);
    const { model } = parsed;
    const [first, ...others] = widths.map((engine) =>
      engine.searchCandidates(image, [{ cascade: engine.load(model), ...ANY_SIZE }]),
    );
    for (const other of others) t.deepEqual(other, first);
    return 'searched';
  }
});

/** Half of the time a branch of the newer form: the first two of a node's words. */
function withWordReplaced(xml: string, random: Random): string {
  const isBranch = random.between(0, 1) < 0.5;
  const length = xml.includes('LBP') ? 11 : 4;
  const found = isBranch
    ? [...xml.matchAll(/(?<=<internalNodes>)[^<]*/g)].flatMap((nodes) =>
        wordsIn(nodes).filter((_, i) => i % length < 2),
      )
    : [...xml.matchAll(/(?<=>)[^<>]+/g)].flatMap(wordsIn);
  const chosen = found[integer(random, 0, found.length - 1)];
  if (!chosen) return xml;
  const words = isBranch ? BRANCHES : WORDS;
  const word = words[integer(random, 0, words.length - 1)] ?? '';
  return xml.slice(0, chosen.at) + word + xml.slice(chosen.at + chosen.length);
}

/** The words of a match, by their place in what was matched against. */
const wordsIn = (match: RegExpMatchArray) =>
  [...match[0].matchAll(/\S+/g)].map(({ index, 0: word }) => ({
    at: (match.index ?? 0) + index,
    length: word.length,
  }));

function parsedOrRefusal(xml: string): ParsedCascade | string {
  try {
    return parseCascade(xml);
  } catch (error) {
    if (!(error instanceof InvalidCascade)) throw error;
    return kindOf(error.message);
  }
}

const kindOf = (reason: string): string =>
  /cycle|join|(?<=refers to )(node|leaf)|feature/.exec(reason)?.[0] ?? 'other';
