import test from 'ava';
import { onReloadSignal } from '../../../core/runtime/reload-signal.js';

test.serial(
  'many parts wait for SIGHUP with one listener of the process, and leave none behind',
  (t) => {
    const before = process.listenerCount('SIGHUP');
    const called: number[] = [];
    const removers = Array.from({ length: 20 }, (_, i) => onReloadSignal(() => called.push(i)));
    t.is(process.listenerCount('SIGHUP'), before + 1);
    process.emit('SIGHUP', 'SIGHUP');
    t.is(called.length, 20);
    removers[3]?.();
    removers[3]?.();
    process.emit('SIGHUP', 'SIGHUP');
    t.is(called.length, 39);
    for (const remove of removers) remove();
    t.is(process.listenerCount('SIGHUP'), before);
  },
);
