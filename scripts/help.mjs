// Lists the npm scripts by group.
import { commandOverview } from './lib/commands.mjs';

console.log(commandOverview());
