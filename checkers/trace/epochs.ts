// Epochs and leaders: one leader an epoch, promises that are kept, and the best history leads.

import type { Invariant, Report } from './invariant.ts';
import type { TraceEvent } from '../../harness/history/trace-event.ts';
import type { TraceModel } from './trace-model.ts';
import { epochOf, hex } from './zxids.ts';

export const oneLeader: Invariant = {
  id: 'I-01',
  name: 'one leader per epoch',
  watch() {
    const established = new Map<number, TraceEvent>();
    const activated = new Map<number, TraceEvent>();
    const once =
      (seen: Map<number, TraceEvent>, verb: string) =>
      (event: TraceEvent, report: Report): void => {
        const epoch = event.epoch ?? 0;
        const first = seen.get(epoch);
        if (first === undefined) seen.set(epoch, event);
        else {
          report(`server ${event.sid} ${verb} epoch ${epoch}, which server ${first.sid} had ${verb} before`, [
            first,
            event,
          ]);
        }
      };
    return { ESTABLISH: once(established, 'established'), ACTIVATE: once(activated, 'activated') };
  },
};

export const epochOrder: Invariant = {
  id: 'I-02',
  name: 'epochs never fall',
  watch: (model) => ({
    EPOCH_WRITE(event, report) {
      const { acceptedEpoch, currentEpoch } = model.server(event.sid);
      const epoch = event.epoch ?? 0;
      const isAccepted = event.kind === 'accepted';
      const before = isAccepted ? acceptedEpoch : currentEpoch;
      if (epoch < before) {
        report(`server ${event.sid} wrote ${event.kind}Epoch ${epoch} over ${before}`, [event]);
      } else if (!isAccepted && epoch > acceptedEpoch) {
        report(`server ${event.sid} wrote currentEpoch ${epoch} above its acceptedEpoch ${acceptedEpoch}`, [
          event,
        ]);
      }
    },
    LOAD(event, report) {
      const { acceptedEpoch = 0, currentEpoch = 0, lastZxid = 0 } = event;
      const before = model.servers.get(event.sid);
      // A server alone keeps no epochs.
      if (acceptedEpoch === 0 && currentEpoch === 0 && epochOf(lastZxid) === 0) return;
      if (before !== undefined && lastZxid > 0) {
        if (acceptedEpoch < before.acceptedEpoch || currentEpoch < before.currentEpoch) {
          report(
            `server ${event.sid} came back with epochs ${acceptedEpoch} and ${currentEpoch}, it had written ${before.acceptedEpoch} and ${before.currentEpoch}`,
            [event],
          );
        }
      }
      if (currentEpoch > acceptedEpoch) {
        report(
          `server ${event.sid} loaded currentEpoch ${currentEpoch} above acceptedEpoch ${acceptedEpoch}`,
          [event],
        );
      }
      if (epochOf(lastZxid) > currentEpoch) {
        report(`server ${event.sid} loaded zxid ${hex(lastZxid)} above its currentEpoch ${currentEpoch}`, [
          event,
        ]);
      }
    },
  }),
};

export const oneCountedPromise: Invariant = {
  id: 'I-03',
  name: 'one counted promise for an epoch',
  watch() {
    const given = new Map<string, TraceEvent>();
    return {
      EPOCH_ACK(event, report) {
        if (event.counted !== true) return;
        const key = `${event.sid} ${event.epoch}`;
        const first = given.get(key);
        if (first === undefined) given.set(key, event);
        else if (first.leader !== event.leader) {
          report(
            `server ${event.sid} gave its counted promise of epoch ${event.epoch} to server ${first.leader} and to server ${event.leader}`,
            [first, event],
          );
        }
      },
    };
  },
};

export const freshEpoch: Invariant = {
  id: 'I-04',
  name: 'a new epoch is new to all who promise it',
  watch: (model) => ({
    ESTABLISH(event, report) {
      const epoch = event.epoch ?? 0;
      for (const sid of event.ackers ?? []) {
        const promise = model.promises.get(epoch)?.get(sid);
        if (promise === undefined) {
          report(
            `server ${event.sid} established epoch ${epoch} with server ${sid}, which did not promise it`,
            [event],
          );
        } else if (promise.acceptedEpochBefore >= epoch) {
          report(
            `server ${event.sid} established epoch ${epoch} with server ${sid}, which had promised ${promise.acceptedEpochBefore} before`,
            [event],
          );
        }
      }
    },
  }),
};

export const bestHistoryLeads: Invariant = {
  id: 'I-05',
  name: 'the best history leads',
  watch: (model) => ({
    ESTABLISH(event, report) {
      const leader = model.server(event.sid);
      for (const sid of event.ackers ?? []) {
        const acker = model.promises.get(event.epoch ?? 0)?.get(sid);
        if (acker === undefined || sid === event.sid) continue;
        const isAhead =
          acker.currentEpoch > leader.currentEpoch ||
          (acker.currentEpoch === leader.currentEpoch && acker.lastZxid > leader.lastLogged);
        if (isAhead) {
          report(
            `server ${event.sid} leads epoch ${event.epoch} with (${leader.currentEpoch}, ${hex(leader.lastLogged)}), but server ${sid} promised with (${acker.currentEpoch}, ${hex(acker.lastZxid)})`,
            [event],
          );
        }
      }
    },
  }),
};

export const electionQuorum: Invariant = {
  id: 'I-06',
  name: 'a quorum of voters elects a voter, promises it its epoch and takes over its history',
  watch(model) {
    const needQuorum = (event: TraceEvent, report: Report, sids: readonly number[], deed: string): void => {
      const versions = [...model.configurations.keys()];
      if (versions.some((version) => model.isQuorum(version, (sid) => sids.includes(sid)))) return;
      report(`server ${event.sid} ${deed} by servers ${sids.join(', ')}, which are no quorum`, [event]);
    };
    return {
      ELECTED(event, report) {
        const { leader = 0, voters = [] } = event;
        needQuorum(event, report, voters, `took ${leader} for elected`);
        if (![...model.configurations.values()].some((configuration) => configuration.voters.has(leader))) {
          report(`server ${event.sid} took ${leader} for elected, which has no vote`, [event]);
        }
      },
      ESTABLISH(event, report) {
        needQuorum(event, report, event.ackers ?? [], `took epoch ${event.epoch} for promised`);
      },
      ACTIVATE(event, report) {
        needQuorum(
          event,
          report,
          event.ackers ?? [],
          `took its history of epoch ${event.epoch} for taken over`,
        );
      },
    };
  },
};

export const votesRise: Invariant = {
  id: 'I-07',
  name: 'votes only rise within a round',
  watch() {
    const last = new Map<number, TraceEvent>();
    return {
      LOAD: (event) => void last.delete(event.sid),
      VOTE(event, report) {
        const before = last.get(event.sid);
        last.set(event.sid, event);
        if (before === undefined || before.round !== event.round) return;
        if (before.instance !== event.instance) return;
        if (compareVotes(event, before) >= 0) return;
        report(
          `server ${event.sid} voted for ${event.leader} (${event.epoch}, ${hex(event.zxid ?? 0)}) in round ${event.round}, after the better ${before.leader} (${before.epoch}, ${hex(before.zxid ?? 0)})`,
          [before, event],
        );
      },
    };
  },
};

function compareVotes(a: TraceEvent, b: TraceEvent): number {
  return (
    (a.epoch ?? 0) - (b.epoch ?? 0) || (a.zxid ?? 0) - (b.zxid ?? 0) || (a.leader ?? 0) - (b.leader ?? 0)
  );
}

export const votersOnly: Invariant = {
  id: 'I-37',
  name: 'only voters are counted',
  watch(model) {
    const check = (event: TraceEvent, report: Report): void => {
      for (const sid of event.ackers ?? []) {
        if (hasVote(model, sid, event.configs)) continue;
        report(`server ${event.sid} counted server ${sid} for its ${event.event}, which has no vote`, [
          event,
        ]);
      }
    };
    return { ESTABLISH: check, ACTIVATE: check, COMMIT_DECIDE: check };
  },
};

/** In one of the configurations that count, which are all of them unless given. */
function hasVote(model: TraceModel, sid: number, versions: TraceEvent['configs']): boolean {
  for (const version of versions ?? model.configurations.keys()) {
    if (model.configurations.get(version)?.voters.has(sid) === true) return true;
  }
  return false;
}
