// The defaults of a run, and the command that repeats one: every option that differs from its default, so that
// the command is short and still means the same run.

import type { WorldName } from '../ensemble/ensemble.ts';
import type { RunOptions } from './run-result.ts';

/** The seed has no default: a run without one draws it and says which it was. */
export const defaultRunOptions: Omit<RunOptions, 'seed'> = {
  on: 'sim',
  systems: ['zab'],
  servers: 5,
  observers: 0,
  workloads: ['register', 'set'],
  nemeses: ['partition', 'kill', 'pause'],
  timeLimitMs: 60_000,
  ratePerSecond: 100,
  processes: 10,
  tickMs: null,
  snapCount: null,
  commitLogCount: null,
  mutant: null,
  runsDirectory: 'runs',
  checkMemoryBytes: 2 * 1024 ** 3,
  checkTimeMs: 120_000,
};

/** `--on` names a world, or the servers of somebody else. */
export function worldOf({ on }: Pick<RunOptions, 'on'>): WorldName {
  return on === 'sim' || on === 'docker' ? on : 'endpoints';
}

export function replayCommand(options: RunOptions): string {
  const defaults = defaultRunOptions;
  // With a mutant the defaults are what its patch says, so everything is told.
  const usual = <T>(value: T): T | null => (options.mutant === null ? value : null);
  const words = ['npx ordeal run', `--seed ${options.seed}`];
  const add = (flag: string, value: string | number | null, usual: string | number | null): void => {
    if (value !== null && value !== usual) words.push(`--${flag} ${quote(String(value))}`);
  };
  add('on', options.on, defaults.on);
  // Servers that somebody else runs are what `--on` says.
  if (worldOf(options) !== 'endpoints') {
    add('system', options.systems.join(','), defaults.systems.join(','));
    add('servers', options.servers, usual(defaults.servers));
    add('observers', options.observers, usual(defaults.observers));
  }
  add('workload', options.workloads.join(','), usual(defaults.workloads.join(',')));
  add('nemesis', options.nemeses.join(',') || 'none', usual(defaults.nemeses.join(',')));
  add(
    'time-limit',
    `${options.timeLimitMs}ms`.replace(/000ms$/, 's'),
    usual(`${defaults.timeLimitMs / 1000}s`),
  );
  add('rate', options.ratePerSecond, usual(defaults.ratePerSecond));
  add('processes', options.processes, usual(defaults.processes));
  add('tick', options.tickMs === null ? null : `${options.tickMs}ms`, null);
  add('snap-count', options.snapCount, null);
  add('commit-log-count', options.commitLogCount, null);
  add('mutant', options.mutant, null);
  add('check-memory', sizeText(options.checkMemoryBytes), sizeText(defaults.checkMemoryBytes));
  add('check-time', `${options.checkTimeMs}ms`.replace(/000ms$/, 's'), `${defaults.checkTimeMs / 1000}s`);
  add('latency-bound', options.latencyBoundMs === undefined ? null : `${options.latencyBoundMs}ms`, null);
  return words.join(' ');
}

function sizeText(bytes: number): string {
  const units = ['GiB', 'MiB', 'KiB'] as const;
  for (const [index, unit] of units.entries()) {
    const size = 1024 ** (units.length - index);
    if (bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}B`;
}

/** For a shell; most values need nothing. */
function quote(text: string): string {
  return /^[\w./:,@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
