// What the help tells of commands, apart from them: a command and all that it needs is loaded when it is carried out.

export const mutantDefaults = { seed: 1, budget: 40, timeLimitMs: 20_000 } as const;

export const shrinkDefaults = { trials: 1_000, timeLimitMs: 180_000 } as const;

/** What `ordeal list` can list. */
export const listNames = ['workloads', 'nemeses', 'guarantees', 'systems', 'models', 'mutants'] as const;
