import test from 'ava';
import { enterSandbox } from '../../../../core/runtime/sandbox/enter-sandbox.js';
import { describeSandbox } from '../../../../core/runtime/sandbox/sandbox-state.js';

/** A kernel that has all of it, unless told otherwise. */
const kernel = ({ seccomp = '', isCapped = true, inUse = 80e6 } = {}) => ({
  memoryInUse: () => inUse,
  capMemory: () => isCapped,
  restrictSyscalls: () => seccomp,
});
const at = (landlock?: string, hasIoUring = false) => ({
  maxBytes: 1e9,
  hasIoUring,
  environment: landlock === undefined ? {} : { SITEGLASS_LANDLOCK: landlock },
});

test('on a kernel with all of it, nothing is missing', (t) => {
  const state = enterSandbox(kernel(), at('7'));
  t.deepEqual(state, { seccomp: true, landlock: 7, memoryBytes: 1e9, missing: [] });
  t.is(describeSandbox(state), 'seccomp, Landlock 7, at most 1.0 GB');
});

test('what a kernel does not have is named, with its reason and what it means', (t) => {
  const missing = (...[has, where]: Parameters<typeof enterSandbox>) =>
    enterSandbox(has, where).missing;
  t.deepEqual(missing(kernel(), at('Function not implemented')), [
    'Landlock (Function not implemented): it could read the files of this user',
  ]);
  t.deepEqual(missing(kernel(), at()), [
    'Landlock (its launcher is not built): it could read the files of this user',
  ]);
  t.deepEqual(missing(kernel({ seccomp: 'Invalid argument' }), at('7')), [
    'seccomp (Invalid argument): it could send UDP',
  ]);
  t.deepEqual(missing(kernel({ seccomp: 'Invalid argument' }), at('2')), [
    'seccomp (Invalid argument): it could open connections and signal the service',
  ]);
  t.regex(missing(kernel({ seccomp: 'no' }), at('none'))[0] ?? '', /write files/);
  t.deepEqual(missing(kernel({ isCapped: false }), at('7')), [
    'a limit of memory: it could take all of it',
  ]);
  t.is(describeSandbox(enterSandbox(kernel({ seccomp: 'x', isCapped: false }), at())), 'none');
});

test('system calls are not filtered under an event loop that would end with its io_uring', (t) => {
  let filtered = 0;
  const native = { ...kernel(), restrictSyscalls: () => String(++filtered) };
  const { seccomp, missing } = enterSandbox(native, at(undefined, true));
  t.is(filtered, 0);
  t.false(seccomp);
  t.regex(missing[0] ?? '', /^seccomp \(this Node\.js uses io_uring.*write files/);
});

test('memory that a build reserves beforehand does not count', (t) => {
  t.is(enterSandbox(kernel({ inUse: 20e12 }), at('7')).memoryBytes, 20e12 + 1e9);
  t.is(enterSandbox(kernel({ inUse: 575e6 }), at('7')).memoryBytes, 1.575e9, 'Node.js 24');
});
