// The schedules that come with the package, as nemeses of their own names, and anybody's from a file.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../package-root.ts';
import type { Capability } from '../../ensemble/ensemble.ts';
import type { Nemesis } from '../fault.ts';
import { DirectedFault } from './directed-fault.ts';
import { parseSchedule } from './schedule.ts';
import type { Schedule, Step } from './schedule.ts';

const scheduleFolder = join(packageRoot, 'harness/nemesis/directed/schedules');

let own: readonly Nemesis[] | null = null;

/** Throws ScheduleError when one of them is malformed. */
export function directedNemeses(): readonly Nemesis[] {
  own ??= readdirSync(scheduleFolder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => nemesisOf(scheduleIn(join(scheduleFolder, file))));
  return own;
}

/** The schedule in a file of the user's; undefined when the name is no such file. Throws ScheduleError. */
export function findScheduleFile(name: string): Nemesis | undefined {
  if (!name.endsWith('.json') || !existsSync(name)) return undefined;
  // What a run calls it is what it was asked for: two files of one name may lie in different folders.
  return nemesisOf({ ...scheduleIn(name), name });
}

function scheduleIn(file: string): Schedule {
  return parseSchedule(readFileSync(file, 'utf8'), file);
}

export function nemesisOf(schedule: Schedule): Nemesis {
  return {
    name: schedule.name,
    description: schedule.description,
    needs: ['anchors', ...new Set(schedule.steps.flatMap(needsOf))],
    leastParticipants: schedule.leastServers,
    plan: (tools) => DirectedFault.plan(schedule, tools),
  };
}

function needsOf(step: Step): Capability[] {
  switch (step.type) {
    case 'await':
    case 'wait':
    case 'bind':
    case 'serving':
    case 'heal':
    case 'quiet':
    case 'clients':
    case 'wake':
      return [];
    case 'partition':
    case 'cut':
      return ['partition'];
    case 'link':
    case 'reset':
      return ['links'];
    case 'disk':
      return ['disk'];
    case 'clock':
      return ['clock'];
    case 'reconfig':
      return ['reconfig'];
    case 'repeat':
      return step.steps.flatMap(needsOf);
    case 'strike':
      return step.strike === 'power-loss'
        ? ['powerLoss']
        : step.strike === 'wipe'
          ? ['kill', 'wipe']
          : step.strike === 'pause' || step.strike === 'resume'
            ? ['pause']
            : ['kill'];
  }
}
