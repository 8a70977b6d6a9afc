import { scenarios } from './scenarios.js';

const name = process.argv[2] ?? '';
if (!Object.hasOwn(scenarios, name)) throw new Error(`there is no scenario ${name}`);
const result = await scenarios[name as keyof typeof scenarios]();
process.send?.(result, () => process.disconnect());
