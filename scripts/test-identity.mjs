// The long comparison with OpenCV, 3,000 images: `npm run test:identity [-- --images N --seed S|random]`.
import { runIdentity } from './lib/identity.mjs';
import { runMain } from './lib/problem.mjs';
import { setUp } from './lib/set-up.mjs';

await runMain(async () => {
  await setUp('start');
  return runIdentity([]);
});
