// Clocks that jump and clocks that run too fast or too slow. ZooKeeper's safety rests on neither; sessions and
// the moment at which a server gives its leader up follow the monotonic clock, times in Stat the wall clock.

import type { Fault, FaultTools, Nemesis } from './fault.ts';
import { nameServers, sidsOf } from './targets.ts';

const secondMs = 1000;
const jumpsMs = [-3600 * secondMs, -60 * secondMs, 60 * secondMs, 24 * 3600 * secondMs] as const;
const rates = [0.5, 0.8, 1.25, 2] as const;
/** What a clock may be off by itself: the drift of a run's own crystals. */
const toleranceMs = 500;

export const clockJump: Nemesis = {
  name: 'clock-jump',
  description: 'wall clocks jump by minutes, an hour back, a day forth, and come back: one server, some, all',
  needs: ['clock'],
  leastParticipants: 1,
  plan: async (tools) => jumpFault(drawTargets(tools), tools.deal('clock-jump', jumpsMs)),
};

export const clockDrift: Nemesis = {
  name: 'clock-drift',
  description: 'clocks run at half to twice their speed, ticks and time-outs with them: one server, some',
  needs: ['clock'],
  leastParticipants: 1,
  plan: async (tools) => driftFault(drawTargets(tools), tools.deal('clock-drift', rates)),
};

/** One server, some, or all. */
function drawTargets({ ensemble, random }: FaultTools): readonly number[] {
  const sids = random.shuffle(sidsOf(ensemble));
  return sids.slice(0, random.between(1, sids.length));
}

function jumpFault(targets: readonly number[], byMs: number): Fault {
  const moved = new Set<number>();
  return {
    nemesis: 'clock-jump',
    shape: `by ${byMs / secondMs} s`,
    targets,
    keepsQuorum: true,
    duration: 'short',
    async inject({ ensemble }) {
      for (const sid of targets) {
        await ensemble.jumpClock(sid, byMs);
        moved.add(sid);
      }
    },
    async prove({ ensemble }) {
      const offsets = await Promise.all(targets.map((sid) => ensemble.clockOffsetMs(sid)));
      const areMoved = offsets.every((offset) => Math.abs(offset) > Math.abs(byMs) / 2);
      return areMoved
        ? `the wall clock of ${nameServers(targets)} is off by ${Math.round((offsets[0] ?? 0) / secondMs)} s`
        : null;
    },
    async heal({ ensemble }) {
      for (const sid of moved) await ensemble.jumpClock(sid, -byMs);
      moved.clear();
    },
  };
}

function driftFault(targets: readonly number[], rate: number): Fault {
  return {
    nemesis: 'clock-drift',
    shape: `${rate} times as fast`,
    targets,
    // A server that hears its leader too seldom for its own clock leaves it again and again.
    keepsQuorum: false,
    duration: 'long',
    async inject({ ensemble }) {
      for (const sid of targets) await ensemble.driftClock(sid, rate);
    },
    async prove({ ensemble }) {
      const [target] = targets;
      if (target === undefined) return null;
      const before = await ensemble.clockOffsetMs(target);
      await ensemble.clock.sleep(secondMs);
      const drift = (await ensemble.clockOffsetMs(target)) - before;
      const expected = (rate - 1) * secondMs;
      return Math.abs(drift - expected) < toleranceMs / 5
        ? `the clock of server ${target} moved ${Math.round(drift)} ms against true time within a second`
        : null;
    },
    async heal({ ensemble }) {
      for (const sid of targets) await ensemble.driftClock(sid, 1);
    },
  };
}
