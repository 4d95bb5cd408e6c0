// Nothing is acknowledged before it is on the disk, and nothing is committed before a quorum has it there.

import type { Invariant } from './invariant.ts';
import type { TraceModel } from './trace-model.ts';
import { hex } from './zxids.ts';

/** The configurations of those that were never changed. */
const unchanged: readonly number[] = [0];

export const commitMeansQuorumDurable: Invariant = {
  id: 'I-11',
  name: 'commit means quorum durable',
  watch: (model) => ({
    COMMIT_DECIDE(event, report) {
      const { zxid = 0, hash = 0, configs = unchanged } = event;
      // A server alone has no configuration, and its own disk is the quorum.
      if (model.isAlone) return;
      const isHolder = (sid: number): boolean => model.servers.get(sid)?.holdsDurably(zxid, hash) === true;
      for (const version of configs) {
        if (model.isQuorum(version, isHolder)) continue;
        const holders = [...model.servers.values()].filter(({ sid }) => isHolder(sid));
        const have =
          holders.length === 0
            ? 'no server has'
            : `only servers ${holders.map(({ sid }) => sid).join(', ')} have`;
        report(`server ${event.sid} committed ${hex(zxid)} while ${have} it on disk`, [event]);
      }
    },
  }),
};

export const ackMeansDurable: Invariant = {
  id: 'I-13',
  name: 'ack means durable',
  watch: (model) => ({
    ACK_SEND(event, report) {
      const server = model.server(event.sid);
      const { zxid = 0 } = event;
      const hash = model.historyOf(server.promisedEpoch)?.all.get(zxid);
      if (zxid <= server.baseZxid) return;
      if (hash === undefined) {
        report(`server ${event.sid} acknowledged ${hex(zxid)}, which its leader did not send`, [event]);
      } else if (!server.holdsDurably(zxid, hash)) {
        report(
          `server ${event.sid} acknowledged ${hex(zxid)}, and its disk has everything up to ${hex(server.durableZxid)} only`,
          [event],
        );
      }
    },
  }),
};

export const newLeaderAckMeansDurable: Invariant = {
  id: 'I-14',
  name: "acknowledging NEWLEADER means that the leader's history is durable",
  watch: (model) => ({
    NEWLEADER_ACK(event, report) {
      const lacking = lackingOf(model, event.sid, event.epoch ?? 0);
      if (lacking !== null) {
        report(
          `server ${event.sid} acknowledged NEWLEADER of epoch ${event.epoch} without ${hex(lacking)} on its disk`,
          [event],
        );
      }
    },
    EPOCH_WRITE(event, report) {
      if (event.kind !== 'current') return;
      const server = model.server(event.sid);
      const epoch = event.epoch ?? 0;
      if (server.promisedEpoch !== epoch || model.historyOf(epoch)?.leader === event.sid) return;
      const lacking = lackingOf(model, event.sid, epoch);
      if (lacking !== null) {
        report(
          `server ${event.sid} wrote currentEpoch ${epoch} without ${hex(lacking)} of that epoch's history on its disk`,
          [event],
        );
      }
    },
  }),
};

/** The first record of the epoch's initial history that the server's disk lacks. */
function lackingOf(model: TraceModel, sid: number, epoch: number): number | null {
  const history = model.historyOf(epoch);
  const server = model.server(sid);
  if (history === undefined) return null;
  return history.initial.findAbove(-1, (zxid, hash) => !server.holdsDurably(zxid, hash));
}
