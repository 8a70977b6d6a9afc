/** What holds a worker process back, as far as the kernel of this machine has it. */
export interface SandboxState {
  /** Its system calls are filtered: no connections, no processes, no written files. */
  seccomp: boolean;
  /** The version of Landlock that limits which files it can read; 0 if none does. */
  landlock: number;
  /** What it may allocate, in bytes; 0 if there is no limit. */
  memoryBytes: number;
  /** What is missing of that, why, and what it means; one line each. */
  missing: string[];
}

/** A few words for an operator. */
export function describeSandbox({ seccomp, landlock, memoryBytes }: SandboxState): string {
  const parts = [
    ...(seccomp ? ['seccomp'] : []),
    ...(landlock > 0 ? [`Landlock ${landlock}`] : []),
    ...(memoryBytes > 0 ? [`at most ${(memoryBytes / 1e9).toFixed(1)} GB`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'none';
}
