// Judges a recorded history of ours by every guarantee that a run is judged by, with what run.json beside it says of
// the servers. The file is read as a stream and may be longer than memory; its beginning and end are looked at before,
// for what a judge must know from the start.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { guarantees } from '../../checkers/guarantees.ts';
import { runCheckers, worstVerdict } from '../../checkers/run-checkers.ts';
import type {
  CheckBudget,
  CheckContext,
  Evidence,
  GuaranteeResult,
  Verdict,
} from '../../checkers/verdict.ts';
import { exactReadServers } from '../ensemble/exact-reads.ts';
import { withQuorumSync } from '../ensemble/quorum-sync.ts';
import { collectedLogs } from './collected-logs.ts';
import { findLastLine } from '../history/find-line.ts';
import { streamHistoryFile } from '../history/history-file.ts';
import type { CommittedWrite } from '../history/committed-write.ts';
import type { Operation } from '../history/operation.ts';
import { committedWrites, logsIn, mostLogBytes } from '../run/committed-writes.ts';
import { readRunResult, runFiles } from '../run/run-folder.ts';

export interface JudgedGuarantees {
  readonly verdict: Verdict;
  /** Each with how often the history could have broken it. */
  readonly guarantees: readonly Pick<
    GuaranteeResult,
    'name' | 'verdict' | 'opportunities' | 'leastOpportunities'
  >[];
  /** Calls of clients. */
  readonly operations: number;
  readonly evidence: readonly Evidence[];
  /** Why, of each guarantee that did not pass. */
  readonly reason?: string;
}

/** Throws HistoryError for what is no history of ours. */
export async function judgeGuarantees(file: string, budget: CheckBudget): Promise<JudgedGuarantees> {
  const census = new Census(file);
  const context: CheckContext = {
    budget,
    nowMs: () => performance.now(),
    recoveryBoundMs: recoveryBoundOf(file),
    ...membersOf(file),
    committedWrites: await committedBeside(file),
    get servers() {
      return serversBeside(file) ?? census.servers;
    },
  };
  const { results } = runCheckers(guarantees, census, context);
  const reasons = results
    .filter(({ verdict }) => verdict !== 'pass')
    .map(({ name, verdict, reason }) => `${name} ${verdict}${reason === undefined ? '' : `: ${reason}`}`);
  return {
    verdict: worstVerdict(results),
    guarantees: results.map(({ name, verdict, opportunities, leastOpportunities }) => ({
      name,
      verdict,
      opportunities,
      leastOpportunities,
    })),
    operations: census.operations,
    evidence: results.flatMap(({ evidence }) => evidence),
    ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
  };
}

/** The history, counted as it is read for the first time. */
class Census implements Iterable<Operation> {
  operations = 0;
  readonly #file: string;
  readonly #servers = new Set<number>();
  #isCounted = false;

  constructor(file: string) {
    this.#file = file;
  }

  get servers(): readonly number[] {
    return [...this.#servers].sort((a, b) => a - b);
  }

  [Symbol.iterator](): Iterator<Operation> {
    const history = streamHistoryFile(this.#file);
    if (this.#isCounted) return history[Symbol.iterator]();
    this.#isCounted = true;
    return this.#count(history);
  }

  *#count(history: Iterable<Operation>): Generator<Operation, void, undefined> {
    for (const operation of history) {
      if (operation.process !== 'nemesis' && operation.type === 'invoke') this.operations++;
      if (operation.server !== undefined) this.#servers.add(operation.server);
      yield operation;
    }
  }
}

/** The run noted its bound with the healing; without one there is nothing to judge by it. */
function recoveryBoundOf(file: string): number {
  const heal = findLastLine(file, '"f":"heal"');
  const bound = heal === null ? null : /"boundMs":(\d+)/.exec(heal);
  return bound === null ? Infinity : Number(bound[1]);
}

/** From run.json beside the history; without it nothing is assumed of a server's answers. */
function membersOf(file: string): Pick<CheckContext, 'quorumSyncServers' | 'exactReadServers'> {
  const members = withQuorumSync(describeMembers(file) ?? []);
  const barriers = members.filter(({ quorumSync }) => quorumSync);
  return {
    quorumSyncServers: new Set(barriers.map(({ sid }) => sid)),
    exactReadServers: exactReadServers(members),
  };
}

/** As the run itself was told of them. */
async function committedBeside(file: string): Promise<readonly CommittedWrite[]> {
  const members = describeMembers(file) ?? [];
  const voters = members.filter(({ role }) => role === 'participant').map(({ sid }) => sid);
  return committedWrites(await logsIn(collectedLogs(dirname(file), mostLogBytes)), voters);
}

function serversBeside(file: string): readonly number[] | null {
  return describeMembers(file)?.map(({ sid }) => sid) ?? null;
}

interface Member {
  readonly sid: number;
  readonly role: 'participant' | 'observer';
  readonly system: string;
}

function describeMembers(file: string): Member[] | null {
  const folder = dirname(file);
  if (!existsSync(join(folder, runFiles.result))) return null;
  const { options, world } = readRunResult(folder);
  return Array.from({ length: options.servers + options.observers }, (_, index) => ({
    sid: index + 1,
    role: index < options.servers ? 'participant' : 'observer',
    // Whose servers stand behind endpoints is not known.
    system: world === 'endpoints' ? '' : (options.systems[index] ?? options.systems[0] ?? ''),
  }));
}
