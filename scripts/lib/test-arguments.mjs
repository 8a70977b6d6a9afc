/** Every test but whole journeys. */
const UNIT_TESTS = ['dist/test/**/*.test.js', '!dist/test/e2e/**'];

/**
 * What ava gets for an argument of `npm test`. `test/core/x.test.ts` is run as `dist/test/core/x.test.js`, a folder as all
 * the tests in it, and `--unit` as all tests outside test/e2e/.
 * @param {string} argument
 * @returns {string[]}
 */
export function toBuilt(argument) {
  if (argument === '--unit') return UNIT_TESTS;
  if (!/^(\.\/)?test(\/|$)/.test(argument)) return [argument];
  const path = `dist/${argument.replace(/^\.\//, '').replace(/\/$/, '')}`;
  if (path.endsWith('.ts')) return [path.replace(/\.ts$/, '.js')];
  return [/[*?{]/.test(path) || path.endsWith('.js') ? path : `${path}/**/*.test.js`];
}
