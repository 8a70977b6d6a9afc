/**
 * Every npm script by group, with what it does; a test compares it with package.json.
 * @type {Record<string, Record<string, string>>}
 */
export const COMMANDS = {
  'Start here': {
    help: 'List the commands',
    setup:
      'Install and build what is missing, and list it first; --for opencv adds streams and that engine',
    start: 'Run the demo: a relay and an appliance with a sample camera',
    dev: 'Run the demo; compile and restart it after each change',
  },
  'Before each commit': {
    verify: 'lint, types, audit, test and verify:node; a warning fails',
    audit: 'Look for known faults of the npm packages, in the registry or in a pinned list',
    lint: 'Check format and rules (Biome)',
    types: 'Check types of the program, of scripts/ and of console/ (tsc)',
    test: 'Run the tests, or those that you name: npm test -- test/core/images',
    'test:unit': 'Run the tests without test/e2e/',
    'test:e2e': 'Run test/e2e/: whole journeys with several processes',
  },
  'While you work': {
    format: 'Format and fix what can be fixed automatically',
    build: 'Compile the programs and the pages of console/ into dist/',
    coverage: 'Run the tests and write the coverage to var/coverage/',
    bench: 'List the benches; npm run bench -- NAME runs one',
    accuracy:
      'Print recall and false positives on annotated images; alone, it explains its options',
  },
  Generate: {
    docs: 'Write the table in docs/mqtt.md and docs/asyncapi.yaml from the topic map',
    screenshots: 'Take the pictures of docs/images/ from a real appliance and relay in Chromium',
    samples: 'Render the images in samples/',
  },
  'Long verifications': {
    prove: 'Inject every fault once and verify that no summary is lost; --quick is shorter',
    soak: 'Repeat the faults: npm run soak -- --hours 8',
    flood: 'Load both programs from one address, and measure them from another',
    fuzz: 'Call both programs with 20,000 requests made from their OpenAPI documents, and upload 2,000 hostile images',
    'test:identity': 'Compare the cascade engine with OpenCV on 3,000 images',
    'test:asan': 'Compare the kernel with OpenCV under address and undefined-behaviour sanitizers',
    'test:fuzz': 'Decode 5,000 mutated pictures under the same sanitizers',
    'test:arm64': 'Compare the kernel for arm64 with OpenCV, under emulation',
    'verify:node':
      'Run both programs and a part of the tests in the newest Node.js 22 and 24 of the npm registry',
    'verify:node-red': 'Run the example flow in a real Node-RED',
    'verify:packages': 'Install, upgrade, roll back and purge the packages in a machine that boots',
    'verify:images': 'Build both images and run both compose files',
  },
  Release: {
    package: 'Build the Debian packages into var/packages/',
    repository: 'Make a signed APT repository of the packages, for a web server',
  },
};

const DEMO = '[--edge-port 8080] [--relay-port 8090] [--mqtt-port 1883] [--data FOLDER]';
const TESTS = '[test/FOLDER | test/FILE.test.ts | --unit] [OPTIONS OF AVA]';
const COMPARISON = '[--images N] [--trees N] [--seed N|random]';

/**
 * The arguments of the npm scripts that a script in this folder runs.
 * @type {Record<string, string>}
 */
const ARGUMENTS = {
  setup: '[--for build|start|opencv|test|arm64]',
  start: DEMO,
  dev: DEMO,
  test: TESTS,
  coverage: TESTS,
  bench: '[NAME [ARGUMENTS]]',
  accuracy:
    'DETECTOR FOLDER [--confidence N] [--overlap N] [--label LABEL] [--tiles CxR] [--working-size N] [--folder FOLDER] [--added FOLDER] [--list]',
  prove: '[--quick] [--only SCENARIO] [--seed N] [--rounds N | --hours N]',
  soak: '--hours N [--quick] [--only SCENARIO]',
  flood: '[--seconds N] [--only edge|cloud-relay]',
  fuzz: '[--calls N] [--images N] [--seed N] [--only edge|cloud-relay]',
  'test:identity': `${COMPARISON} [--driver COMMAND [--avx2]]`,
  'test:asan': COMPARISON,
  'test:arm64': COMPARISON,
  'test:fuzz': '[--files N] [--seconds N] [--seed N]',
  'verify:node': '[MAJOR…] [--all]',
  'verify:packages': '[--previous COMMIT] [--arch amd64|arm64] [--walk FOLDER] [--upgrade FOLDER]',
  'verify:images': '[--keep-data]',
  repository: '--out FOLDER --url URL [--packages FOLDER]',
  package: '[--arch amd64|arm64] [--out FOLDER] [--here] [--fresh] [--version VERSION]',
};

/**
 * How an npm script is called and what it does.
 * @param {string} name
 */
export function usageOf(name) {
  const run = ['start', 'test'].includes(name) ? `npm ${name}` : `npm run ${name}`;
  const words = ARGUMENTS[name] ? `${run} -- ${ARGUMENTS[name]}` : run;
  const texts = Object.values(COMMANDS).map((commands) => commands[name]);
  return `Usage: ${words}\n\n${texts.find((text) => text !== undefined) ?? ''}`;
}

/** The commands as text, for a terminal. */
export function commandOverview() {
  const names = Object.values(COMMANDS).flatMap(Object.keys);
  const width = Math.max(...names.map((name) => name.length));
  const groups = Object.entries(COMMANDS).map(([title, commands]) => {
    const lines = Object.entries(commands).map(
      ([name, text]) => `  ${name.padEnd(width)}  ${text}\n`,
    );
    return `${title}\n${lines.join('')}`;
  });
  return `npm run NAME [-- ARGUMENTS]\n\n${groups.join('\n')}`;
}
