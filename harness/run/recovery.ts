// After the last fault: every server must serve again, and a fresh write must commit and reach every server,
// within a bound. The history says how it went, because a checker judges it.

import { ClientError } from '../client/client.ts';
import type { Client } from '../client/client.ts';
import type { Ensemble, ServerStatus } from '../ensemble/ensemble.ts';
import type { HistoryRecorder } from '../history/recorder.ts';
import { ErrorCode } from '../wire/constants.ts';
import { leaderOf, sidsOf } from '../nemesis/targets.ts';

const markerPath = '/ordeal';
/** Apache's own ceiling of the pause between two rounds of notifications. */
const longestNotificationMs = 60_000;
/** Starting a process and copying its data: virtual processes start at once, a Java one takes seconds. */
const startAllowanceMs: Readonly<Record<Ensemble['world'], number>> = {
  sim: 2_000,
  docker: 15_000,
  endpoints: 15_000,
};

/**
 * The longest pause between notifications, plus the limits that servers give each other for connecting and
 * catching up, plus starting; doubled (trace invariant I-39). A server that looks for a leader doubles its
 * pause each time, so when a fault is healed the pause is at most as long as the fault was.
 */
export function recoveryBoundMs(
  ensemble: Pick<Ensemble, 'world' | 'tickMs' | 'initLimit' | 'syncLimit'>,
  longestFaultMs: number,
): number {
  const { world, tickMs, initLimit, syncLimit } = ensemble;
  const notificationMs = Math.min(longestNotificationMs, longestFaultMs);
  const limitsMs = (initLimit + syncLimit) * tickMs;
  return Math.ceil(2 * (notificationMs + limitsMs + startAllowanceMs[world]));
}

export interface Recovery {
  readonly healNs: number;
  /** Null: not within the bound. */
  readonly recoveredNs: number | null;
}

export async function awaitRecovery(options: {
  readonly ensemble: Ensemble;
  readonly recorder: Pick<HistoryRecorder, 'note'>;
  readonly client: () => Client;
  readonly boundMs: number;
}): Promise<Recovery> {
  const { ensemble, recorder, client, boundMs } = options;
  const { clock } = ensemble;
  const healNs = clock.nowNs();
  recorder.note('heal', { boundMs });
  const deadlineNs = healNs + boundMs * 1e6;
  const statuses = await awaitServing(ensemble, deadlineNs);
  const zxid = isServing(statuses) ? await commitMarker(ensemble, client, deadlineNs) : null;
  const hasAll = zxid !== null && (await awaitApplied(ensemble, zxid, deadlineNs));
  const elapsedMs = (clock.nowNs() - healNs) / 1e6;
  if (hasAll) {
    recorder.note('recovered', { elapsedMs, zxid });
    return { healNs, recoveredNs: clock.nowNs() };
  }
  const servers = (await statusesOf(ensemble)).map(({ sid, mode, zxid: applied }) => ({
    sid,
    mode,
    applied,
  }));
  recorder.note('not-recovered', { elapsedMs, committed: zxid, servers });
  return { healNs, recoveredNs: null };
}

/** All servers serve, and one of them leads; or time is up, and then not. */
export async function awaitServing(ensemble: Ensemble, deadlineNs: number): Promise<ServerStatus[]> {
  for (;;) {
    const statuses = await statusesOf(ensemble);
    if (isServing(statuses) || ensemble.clock.nowNs() >= deadlineNs) return statuses;
    await ensemble.clock.sleep(ensemble.tickMs / 4);
  }
}

export function isServing(statuses: readonly ServerStatus[]): boolean {
  return statuses.every(({ mode }) => servingModes.has(mode)) && leaderOf(statuses) !== null;
}

const servingModes: ReadonlySet<string> = new Set(['leader', 'follower', 'observer', 'standalone']);

/**
 * The zxid of a write that this call made; null when none was acknowledged in time. `client` is asked before
 * each attempt: that a session expired in the course of the faults is no failure of the ensemble.
 */
export async function commitMarker(
  { clock, tickMs }: Pick<Ensemble, 'clock' | 'tickMs'>,
  client: () => Client,
  deadlineNs: number,
): Promise<number | null> {
  for (;;) {
    try {
      return await writeMarker(client());
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (clock.nowNs() >= deadlineNs) return null;
      await clock.sleep(tickMs / 4);
    }
  }
}

async function writeMarker(client: Client): Promise<number> {
  try {
    return (await client.setData(markerPath, Buffer.alloc(0), -1)).zxid;
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== ErrorCode.NO_NODE) throw error;
    return (await client.create(markerPath, Buffer.alloc(0))).zxid;
  }
}

/** Every server has applied at least this zxid; false when time is up. */
async function awaitApplied(ensemble: Ensemble, zxid: number, deadlineNs: number): Promise<boolean> {
  for (;;) {
    const statuses = await statusesOf(ensemble);
    if (statuses.every((status) => (status.zxid ?? -1) >= zxid)) return true;
    if (ensemble.clock.nowNs() >= deadlineNs) return false;
    await ensemble.clock.sleep(ensemble.tickMs / 4);
  }
}

/** No server applies anything new and all stand at one zxid: what remains different now stays different. */
export async function awaitStill(ensemble: Ensemble, zxid: number, deadlineNs: number): Promise<boolean> {
  let before = -1;
  for (;;) {
    const zxids = (await statusesOf(ensemble)).map((status) => status.zxid ?? -1);
    const highest = Math.max(...zxids);
    const isEqual = zxids.every((each) => each === highest);
    if (isEqual && highest >= zxid && highest === before) return true;
    if (ensemble.clock.nowNs() >= deadlineNs) return false;
    before = isEqual ? highest : -1;
    await ensemble.clock.sleep(ensemble.tickMs / 2);
  }
}

function statusesOf(ensemble: Ensemble): Promise<ServerStatus[]> {
  return Promise.all(sidsOf(ensemble).map((sid) => ensemble.status(sid)));
}
