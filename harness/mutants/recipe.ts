// The head of a mutant's patch: what it breaks, which historic defect it models, and what must catch it.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { RunOptions } from '../run/run-result.ts';

/** What a run needs so that the defect can show; the rest is drawn. */
export type RecipeOptions = Partial<
  Pick<
    RunOptions,
    | 'servers'
    | 'observers'
    | 'tickMs'
    | 'snapCount'
    | 'commitLogCount'
    | 'ratePerSecond'
    | 'processes'
    | 'timeLimitMs'
  >
>;

export interface MutantRecipe {
  readonly name: string;
  /** Empty where the head does not say. */
  readonly breaks: string;
  readonly historic: string;
  readonly guarantee: string;
  /** Null where the head does not say; `none` is an empty list. */
  readonly workloads: readonly string[] | null;
  readonly nemeses: readonly string[] | null;
  readonly options: RecipeOptions;
  /** Whether a client can see it, or the trace alone; null where the head does not say. */
  readonly seenBy: 'client' | 'trace' | null;
}

export class RecipeError extends Error {
  override readonly name = 'RecipeError';
}

const optionNames: Readonly<Record<string, keyof RecipeOptions>> = {
  servers: 'servers',
  observers: 'observers',
  tick: 'tickMs',
  'snap-count': 'snapCount',
  'commit-log-count': 'commitLogCount',
  rate: 'ratePerSecond',
  processes: 'processes',
  'time-limit': 'timeLimitMs',
};

/** Lists end at the first remark: `nemesis  power-loss; a kill leaves the page cache`. Throws RecipeError. */
export function readMutantRecipe(patchFile: string): MutantRecipe {
  const head = readFileSync(patchFile, 'utf8').split(/^--- /m)[0] ?? '';
  const lineOf = (key: string): string =>
    new RegExp(`^${key}:?[ \\t]+(.*)`, 'm').exec(head)?.[1]?.trim() ?? '';
  const namesOf = (key: string): string[] | null => {
    const words = (/^[^;:(]*/.exec(lineOf(key))?.[0] ?? '').split(/[\s,]+/).filter((word) => word !== '');
    return words.length === 0 ? null : words.filter((word) => word !== 'none');
  };
  return {
    name: basename(patchFile, '.patch'),
    breaks: lineOf('breaks'),
    historic: lineOf('historic'),
    guarantee: lineOf('guarantee'),
    workloads: namesOf('workload'),
    nemeses: namesOf('nemesis'),
    options: readOptions(lineOf('options'), patchFile),
    seenBy: readSeenBy(/^\w*/.exec(lineOf('seen'))?.[0] ?? '', patchFile),
  };
}

/** `servers=5 tick=50`; times in milliseconds for the tick, in seconds for the time limit. */
function readOptions(text: string, patchFile: string): RecipeOptions {
  const options: Partial<Record<keyof RecipeOptions, number>> = {};
  for (const word of text.split(/[\s,]+/).filter((part) => part !== '')) {
    const [, key = '', digits = ''] = /^([a-z-]+)=(\d+)(?:ms|s)?$/.exec(word) ?? [];
    const name = optionNames[key];
    if (name === undefined) {
      const known = Object.keys(optionNames).join(', ');
      throw new RecipeError(`${patchFile}: options: expected NAME=NUMBER of ${known}, found '${word}'`);
    }
    options[name] = Number(digits) * (name === 'timeLimitMs' ? 1000 : 1);
  }
  return options;
}

function readSeenBy(word: string, patchFile: string): MutantRecipe['seenBy'] {
  if (word === '') return null;
  if (word === 'client' || word === 'trace') return word;
  throw new RecipeError(`${patchFile}: seen: expected client or trace, found '${word}'`);
}
