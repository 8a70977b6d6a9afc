/** Loaded before a program (`--import`): SIGUSR2 then blocks its event loop for good, as an endless loop of ours would. */
process.on('SIGUSR2', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
