// Flaws among the claims about one znode in words.

import type { CommittedWrite } from '../../harness/history/committed-write.ts';
import type { Call } from '../../harness/history/pairing.ts';
import { describeTime, describeValue, describeZxid, operationsOf, timeOf } from '../describe.ts';
import { heldValue, isWrite, versionOf, withoutPath } from '../register-calls.ts';
import type { Evidence } from '../verdict.ts';
import type { Flaw } from './register-witness.ts';
import { describeStatField, statFields, statPlaces } from './stat-facts.ts';

/** `calls`: those of the flaw's entries, as the history has them. */
export function explainFlaw(path: string, flaw: Flaw, calls: readonly Call[]): Evidence {
  const last = calls.at(-1);
  if (last === undefined) return { subject: path, sentence: sentenceWithoutCall(flaw), operations: [] };
  const first = calls.length > 1 ? calls[0] : undefined;
  const second = calls.length > 2 ? calls[1] : undefined;
  return {
    subject: path,
    sentence: sentenceOf(flaw, { first, second, last }),
    operations: [...new Set(calls)].flatMap(operationsOf),
  };
}

/** Only the transaction logs tell of it. */
function sentenceWithoutCall(flaw: Flaw): string {
  if (flaw.type === 'log') return `the transaction logs have ${describeCommitted(flaw.committed)}`;
  const version = 'version' in flaw ? ` of version ${flaw.version}` : '';
  return `the transaction logs tell${version}, but no write that was asked for can have made it`;
}

/** `value 4 at version 6, written by zxid 0x100000009 at 1700000000000`. */
function describeCommitted({ value, version, zxid, mtime }: CommittedWrite): string {
  return `value ${describeValue(value)} at version ${version}, written by zxid ${describeZxid(zxid)} at ${mtime}`;
}

interface Speakers {
  readonly first: Call | undefined;
  readonly second: Call | undefined;
  readonly last: Call;
}

function sentenceOf(flaw: Flaw, { first, second, last }: Speakers): string {
  const shown = describe(last);
  const other = first === undefined ? 'setup' : describe(first);
  switch (flaw.type) {
    case 'stale':
      return `${shown}, begun at ${describeTime(last.invocation.time)}, after ${other}`;
    case 'two values':
      return `version ${flaw.version} has two values: ${other}, ${shown}`;
    case 'made twice':
      return `version ${flaw.version} was made twice: ${other}, ${shown}`;
    case 'other version':
      return `${shown}, but what it asked for can only make version ${flaw.version}`;
    case 'no maker':
      return `${shown}, but no write that was asked for can have made version ${flaw.version}`;
    case 'two zxids':
      return `version ${flaw.version} was made by two zxids: ${claimOf(first)} in ${other}, ${claimOf(last)} in ${shown}`;
    case 'zxids fall':
      return `version ${flaw.version} was made by a lower zxid than one before it: ${claimOf(last)} in ${shown}, ${claimOf(first)} in ${other}`;
    case 'read behind':
      return `${shown} shows the state of zxid ${zxidOf(last)}, but ${other} ${first === undefined || isWrite(first) ? 'had made a later version' : 'shows a later version made'} by zxid ${claimOf(first)}`;
    case 'read ahead':
      return `${shown} shows the state of zxid ${zxidOf(last)}, but its version was not made before zxid ${claimOf(first)}, in ${describe(second ?? first ?? last)}`;
    case 'log':
      return `${shown}, but the transaction logs have ${describeCommitted(flaw.committed)}`;
    case 'stat':
      return explainStat(flaw.field, first, last);
  }
}

function explainStat(field: number, first: Call | undefined, last: Call): string {
  const name = statFields[field] ?? '';
  const value = showField(last, field);
  if (first !== undefined) {
    return `${name} is ${showField(first, field)} in ${describe(first)}, and ${value} in ${describe(last)}`;
  }
  const against =
    field === statPlaces.mzxid
      ? isWrite(last)
        ? `, and its own zxid is ${zxidOf(last)}`
        : `, and it was created by ${showField(last, statPlaces.czxid)}`
      : '';
  return `${describe(last)} has a Stat with ${name} ${value}${against}`;
}

function showField({ completion }: Call, field: number): string {
  return describeStatField(field, completion?.stat?.[field] ?? 0);
}

/** The zxid by which a call says that its version was made. */
function claimOf(call: Call | undefined): string {
  if (call === undefined) return 'an unknown one';
  if (isWrite(call)) return zxidOf(call);
  return describeZxid(call.completion?.stat?.[statPlaces.mzxid] ?? 0);
}

function zxidOf({ completion }: Call): string {
  return describeZxid(completion?.zxid ?? 0);
}

/** `read 4 (version 6) by process 2 at 4.101 s`. */
function describe(call: Call): string {
  const own = withoutPath(call);
  const version = versionOf(own);
  const shown = version === undefined ? '' : ` (version ${version})`;
  return `${call.f} ${describeValue(heldValue(own))}${shown} by process ${call.process} at ${describeTime(timeOf(call))}`;
}
