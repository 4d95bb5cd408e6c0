// Sessions never go back: within one session the zxid of the replies never falls, the version seen of a znode
// never falls, wherever the session moves, and the session sees its own acknowledged writes. What other
// sessions saw, and operations without a reply, say nothing here.

import type { Operation } from '../harness/history/operation.ts';
import { conclude } from './conclude.ts';
import { describeTime, describeValue, describeZxid } from './describe.ts';
import { pathOf, valueOf } from './register-calls.ts';
import { writeFunctions } from './write-functions.ts';
import type { Checker, Evidence, GuaranteeResult, Judge } from './verdict.ts';
import { streamed } from './whole-history.ts';

const leastOpportunities = 10;
/** Where a session has gone back, much of what follows goes back as well. */
const mostEvidence = 1000;
const registerFunctions: ReadonlySet<string> = new Set(['write', 'cas', 'read', 'sync-read', 'final-read']);

export const sessionMonotonic: Checker = streamed({
  name: 'session-monotonic',
  title: 'sessions never go back',
  description: 'within a session zxids and versions never fall, and own writes are seen',
  begin: () => new SessionsJudge(),
});

/** The replies of a session count in history order. */
class SessionsJudge implements Judge {
  readonly #sessions = new Map<string, SessionView>();
  readonly #evidence: Evidence[] = [];
  #opportunities = 0;
  #isAsked = false;

  concerns({ process }: Pick<Operation, 'process'>): boolean {
    return process !== 'nemesis';
  }

  take(operation: Operation): void {
    this.#isAsked ||= operation.type === 'invoke';
    if (!isReply(operation)) return;
    const id = operation.session as string;
    let view = this.#sessions.get(id);
    if (view === undefined) {
      view = { highest: null, znodes: new Map() };
      this.#sessions.set(id, view);
    }
    if (view.highest !== null) this.#opportunities++;
    const path = registerPath(operation);
    const seen = path === null ? undefined : view.znodes.get(path);
    const found = judgeZxid(operation, view) ?? judgeVersion(operation, path, seen);
    if (found !== null && this.#evidence.length < mostEvidence) {
      this.#evidence.push({ subject: `session ${id}`, ...found });
    }
    if (view.highest === null || (operation.zxid ?? 0) >= (view.highest.zxid ?? 0)) view.highest = operation;
    if (path !== null && saysMore(operation, seen)) view.znodes.set(path, operation);
  }

  conclude(): GuaranteeResult {
    return conclude(sessionMonotonic, {
      history: [],
      opportunities: this.#opportunities,
      leastOpportunities,
      opportunity: 'replies that follow another of their session',
      evidence: this.#evidence,
      doubts: this.#isAsked && this.#sessions.size === 0 ? ['no operation of any session was answered'] : [],
    });
  }
}

/** What a session has seen so far. */
interface SessionView {
  /** The reply with the highest zxid. */
  highest: Operation | null;
  /** By path, the reply with the highest version. */
  readonly znodes: Map<string, Operation>;
}

/** A refusal is an answer too, and carries a zxid; below 1 there is none. */
function isReply({ type, process, session, zxid }: Operation): boolean {
  if (process === 'nemesis' || session === undefined) return false;
  return (type === 'ok' || type === 'fail') && (zxid ?? 0) > 0;
}

type Finding = Pick<Evidence, 'sentence' | 'operations'>;

function judgeZxid(reply: Operation, { highest }: SessionView): Finding | null {
  if (highest === null) return null;
  const seen = highest.zxid ?? 0;
  const zxid = reply.zxid ?? 0;
  if (zxid < seen) return { sentence: `${withZxid(reply)}, ${after(highest)}`, operations: [highest, reply] };
  // A write is ordered after everything that its session has seen, so its zxid is a new one.
  const isNewWrite = reply.type === 'ok' && writeFunctions.has(reply.f);
  if (isNewWrite && zxid === seen) {
    return {
      sentence: `${withZxid(reply)}, a zxid that its session had seen before: ${withZxid(highest)}`,
      operations: [highest, reply],
    };
  }
  return null;
}

/** `seen`: the reply with the highest version of this path, so far. */
function judgeVersion(reply: Operation, path: string | null, seen: Operation | undefined): Finding | null {
  if (seen === undefined || reply.version === undefined || seen.version === undefined) return null;
  const isOwnWrite = writeFunctions.has(seen.f);
  const isStale = reply.version < seen.version;
  // The value of a cas stands in its invocation, but workloads repeat it in the completion.
  const isOther =
    isOwnWrite &&
    !writeFunctions.has(reply.f) &&
    reply.version === seen.version &&
    JSON.stringify(heldValue(reply)) !== JSON.stringify(heldValue(seen));
  const isRepeated = writeFunctions.has(reply.f) && reply.version === seen.version;
  if (!isStale && !isOther && !isRepeated) return null;
  const earlier = isOwnWrite
    ? `after its own ${seen.f} ${describeValue(heldValue(seen))} (version ${seen.version}) was acknowledged at ${describeTime(seen.time)}`
    : `after it had seen ${describeValue(heldValue(seen))} (version ${seen.version}) at ${describeTime(seen.time)}`;
  return {
    sentence: `${reply.f} ${describeValue(heldValue(reply))} (version ${reply.version}) of ${path} by process ${reply.process} at ${describeTime(reply.time)}, ${earlier}`,
    operations: [seen, reply],
  };
}

/** Of two replies about one version the own write says more. */
function saysMore(reply: Operation, seen: Operation | undefined): boolean {
  if (reply.version === undefined) return false;
  if (seen === undefined || reply.version > (seen.version ?? -1)) return true;
  return reply.version === seen.version && !writeFunctions.has(seen.f);
}

function registerPath(reply: Operation): string | null {
  if (reply.type !== 'ok' || !registerFunctions.has(reply.f)) return null;
  return pathOf(reply);
}

/** The value in a reply; that of a cas may be `{version, value}` as it was asked. */
function heldValue(reply: Operation): unknown {
  const value = valueOf(reply);
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
}

function withZxid(reply: Operation): string {
  return `${reply.type === 'fail' ? 'refusal of ' : ''}${reply.f} by process ${reply.process} at ${describeTime(reply.time)} came with zxid ${describeZxid(reply.zxid ?? 0)}`;
}

function after(highest: Operation): string {
  const where = highest.server === undefined ? '' : ` on server ${highest.server}`;
  return `after its session had seen zxid ${describeZxid(highest.zxid ?? 0)}${where} at ${describeTime(highest.time)}`;
}
