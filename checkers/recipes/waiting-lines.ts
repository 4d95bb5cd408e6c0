// The calls of locks and elections built of ephemeral sequential znodes, by line: who came and got which number, who
// found himself first in a list, and what was written to the resource that the line guards. A list says as of which
// zxid it is complete: that of its parent's last change of children.

import type { Call } from '../../harness/history/pairing.ts';
import { pathOf, valueOf } from '../register-calls.ts';
import { Presences, prove, type Presence } from './presences.ts';

/** Who shares goes on with others who share; who is exclusive is alone. */
export type Role = 'exclusive' | 'shared';

export interface Contender {
  readonly presence: Presence;
  readonly role: Role;
  /** The sequence number at the end of its name, which is its fencing token as well. */
  readonly number: number;
}

/** A list in which nobody stood ahead. */
export interface Grant {
  readonly contender: Contender;
  /** As of which it was first. */
  readonly zxid: number;
  readonly call: Call;
}

/** The resource held this token since this zxid. */
export interface TokenSighting {
  readonly token: number;
  readonly zxid: number;
  readonly call: Call;
}

export interface WaitingLine {
  readonly parent: string;
  readonly contenders: readonly Contender[];
  readonly grants: readonly Grant[];
  readonly sightings: readonly TokenSighting[];
  /** Lists in which the one who asked did not find himself, though his session was to go on. */
  readonly lost: readonly { readonly contender: Contender; readonly call: Call }[];
}

/** What those workloads ask for; a close says how long its session lived. */
export const lineFunctions = [
  'line-enter',
  'line-find',
  'line-look',
  'line-use',
  'line-late-use',
  'line-leave',
  'line-observe',
  'final-line',
  'session-close',
] as const;

interface OpenLine extends WaitingLine {
  readonly contenders: Contender[];
  readonly grants: Grant[];
  readonly sightings: TokenSighting[];
  readonly lost: { readonly contender: Contender; readonly call: Call }[];
  readonly byName: Map<string, Contender>;
}

/** `calls` in the order of their invocations; those of one session follow one another. */
export function waitingLinesOf(calls: readonly Call[], root: string): WaitingLine[] {
  const presences = new Presences();
  const lines = new Map<string, OpenLine>();
  for (const call of calls) {
    const path = pathOf(call.invocation);
    if (call.f === 'session-close') {
      takeClose(call, presences);
    } else if (path?.startsWith(`${root}/`) === true) {
      takeCall(call, openLine(lines, path), presences);
    }
  }
  for (const line of lines.values()) proveByTokens(line);
  return [...lines.values()].map((line) => ({ ...line, lost: reallyLost(line, presences) }));
}

function openLine(lines: Map<string, OpenLine>, parent: string): OpenLine {
  const present = lines.get(parent);
  if (present !== undefined) return present;
  const line = { parent, contenders: [], grants: [], sightings: [], lost: [], byName: new Map() };
  lines.set(parent, line);
  return line;
}

function takeClose({ outcome, completion, ...call }: Call, presences: Presences): void {
  const session = completion?.session;
  if (session === undefined || outcome === 'fail') return;
  const zxid = outcome === 'ok' ? (completion?.zxid ?? null) : null;
  presences.end(session, zxid, { ...call, outcome, completion });
}

function takeCall(call: Call, line: OpenLine, presences: Presences): void {
  const { f, outcome, completion, invocation } = call;
  if (f === 'line-leave' && outcome !== 'fail') {
    const leaving = line.byName.get(fieldOf(valueOf(invocation), 'name'));
    if (leaving !== undefined) presences.leave(leaving.presence);
  }
  if (outcome !== 'ok' || completion === null) return;
  const value = valueOf(completion);
  const { session = '', zxid = 0 } = completion;
  const contender = line.byName.get(fieldOf(value, 'name'));
  switch (f) {
    case 'line-enter':
      presences.wrote(session, zxid, call);
      enter(call, zxid, line, presences);
      return;
    case 'line-find':
      if (numberField(value, 'czxid') !== null) {
        enter(call, numberField(value, 'czxid') ?? 0, line, presences);
      }
      return;
    case 'line-look':
      if (contender !== undefined) takeLook(call, contender, line);
      return;
    // Of another session, for one that may have lost its turn.
    case 'line-late-use':
    case 'line-use':
      presences.wrote(session, zxid, call);
      if (contender === undefined) return;
      prove(contender.presence, zxid, call);
      if (contender.role === 'exclusive') line.sightings.push({ token: contender.number, zxid, call });
      else see(call, line);
      return;
    case 'line-leave':
      presences.wrote(session, zxid, call);
      if (contender !== undefined) prove(contender.presence, zxid - 1, call);
      return;
    default:
      see(call, line);
  }
}

function enter(call: Call, czxid: number, line: OpenLine, presences: Presences): void {
  const value = call.completion === null ? null : valueOf(call.completion);
  const name = fieldOf(value, 'name');
  if (line.byName.has(name)) return;
  const session = call.completion?.session ?? '';
  const presence = presences.arrive({ name, session, czxid, create: call });
  const role = fieldOf(value, 'role') === 'shared' ? 'shared' : 'exclusive';
  const contender: Contender = { presence, role, number: numberOfName(name) };
  line.contenders.push(contender);
  line.byName.set(name, contender);
}

function takeLook(call: Call, contender: Contender, line: OpenLine): void {
  const value = call.completion === null ? null : valueOf(call.completion);
  const at = numberField(value, 'at') ?? 0;
  const seen = fieldOf(value, 'seen');
  if (seen === 'gone') {
    if (!contender.presence.isLeaving) line.lost.push({ contender, call });
    return;
  }
  prove(contender.presence, at, call);
  if (seen === 'first') line.grants.push({ contender, zxid: at, call });
}

function see(call: Call, line: OpenLine): void {
  const value = call.completion === null ? null : valueOf(call.completion);
  const token = numberField(value, 'token');
  const zxid = numberField(value, 'mzxid');
  if (token !== null && zxid !== null) line.sightings.push({ token, zxid, call });
}

/** A guarded write takes place only while its writer stands in line, also one whose reply was lost. */
function proveByTokens(line: OpenLine): void {
  const byNumber = new Map(line.contenders.map((contender) => [contender.number, contender]));
  for (const { token, zxid, call } of line.sightings) {
    const writer = byNumber.get(token);
    if (writer !== undefined) prove(writer.presence, zxid, call);
  }
}

/** A session that got a write afterwards had not ended, so that nothing took its place from it. */
function reallyLost({ lost }: OpenLine, presences: Presences): WaitingLine['lost'] {
  return lost.filter(({ contender, call }) => {
    const last = presences.lastWriteOf(contender.presence.session);
    return last !== undefined && last.invocation.time > (call.completion ?? call.invocation).time;
  });
}

/** Ten digits at the end. */
function numberOfName(name: string): number {
  return Number(name.slice(-10));
}

function fieldOf(value: unknown, field: string): string {
  const found = recordOf(value)[field];
  return typeof found === 'string' ? found : '';
}

function numberField(value: unknown, field: string): number | null {
  const found = recordOf(value)[field];
  return typeof found === 'number' ? found : null;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
