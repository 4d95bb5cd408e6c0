// The labels on everything that a run creates: which run, and which harness process. They are how leftovers
// of a crashed harness are told from the containers of one that is still at work.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

export const runLabel = 'ordeal.run';
const processLabel = 'ordeal.pid';
const startLabel = 'ordeal.pid-start';
const hostLabel = 'ordeal.host';
const bootLabel = 'ordeal.boot';

export type Labels = Readonly<Record<string, string>>;

/**
 * `alive`: the harness runs on this machine. `gone`: it ended, or the machine was started anew since.
 * `elsewhere`: it was started on another machine, which cannot be asked from here.
 */
export type HarnessState = 'alive' | 'gone' | 'elsewhere';

/** What can be asked of a machine about its processes. */
export interface Machine {
  readonly host: string;
  /** Changes with every start of the machine; empty where that cannot be told. */
  readonly boot: string;
  /** When the process started, in the system's own unit; null if there is no such process. */
  processStart(pid: number): string | null;
}

export const thisMachine: Machine = {
  host: hostname(),
  boot: readText('/proc/sys/kernel/random/boot_id').trim(),
  processStart: startOfProcess,
};

export function labelsOfRun(runId: string, machine: Machine = thisMachine, pid = process.pid): Labels {
  return {
    [runLabel]: runId,
    [processLabel]: String(pid),
    [startLabel]: machine.processStart(pid) ?? '',
    [hostLabel]: machine.host,
    [bootLabel]: machine.boot,
  };
}

export function harnessPid(labels: Labels): number {
  return Number(labels[processLabel] ?? 0);
}

export function harnessState(labels: Labels, machine: Machine = thisMachine): HarnessState {
  if (labels[hostLabel] !== machine.host) return 'elsewhere';
  if (labels[bootLabel] !== machine.boot) return 'gone';
  const start = machine.processStart(harnessPid(labels));
  // A process id is given again to others, so its start must be the same too.
  return start !== null && start === labels[startLabel] ? 'alive' : 'gone';
}

/** A name that Docker accepts for containers, networks and volumes. */
export function nameInRun(runId: string, part: string): string {
  return `ordeal-${runId.replaceAll(/[^a-zA-Z0-9_.-]/g, '-')}-${part}`;
}

function startOfProcess(pid: number): string | null {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const stat = readText(`/proc/${pid}/stat`);
  // The command's name stands in parentheses and may hold anything; the start is the 22nd field.
  if (stat !== '') return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return isSignalable(pid) ? '' : null;
}

/** For systems without /proc. */
function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not Linux, or no such process: absence is the answer.
    return '';
  }
}
