// Calls of the workloads about ephemerals and locks, drawn by hand. Every session has a timeout of one second.

import type { Drawn } from './draw.ts';

type More = Omit<Drawn, 'f' | 'value' | 'result' | 'session'>;

interface Shown {
  readonly owner: string;
  readonly czxid: number;
}

const timeoutMs = 1000;

export function create(path: string, session: string, zxid: number, more: More): Drawn {
  return {
    f: 'ephemeral-create',
    value: [path, null],
    result: [path, { timeoutMs }],
    session,
    zxid,
    ...more,
  };
}

export function acquire(path: string, session: string, zxid: number, more: More): Drawn {
  return { ...create(path, session, zxid, more), f: 'acquire' };
}

/** Of a session at what it created; the zxid says nothing unless told. */
export function look(path: string, session: string, seen: Shown | null, more: More): Drawn {
  return { f: 'ephemeral-look', value: [path, null], result: [path, seen], session, zxid: 1, ...more };
}

/** Of any session. */
export function peek(
  path: string,
  session: string,
  seen: Shown | null,
  { isSynced = false, ...more }: More & { readonly isSynced?: boolean },
): Drawn {
  const f = isSynced ? 'ephemeral-sync-peek' : 'ephemeral-peek';
  return { f, value: [path, null], result: [path, seen], session, server: 1, ...more };
}

export function closeSession(session: string, zxid: number, more: More): Drawn {
  return { ...sessionEvent('session-close', session, more), zxid };
}

export function sessionEvent(f: string, session: string, more: More): Drawn {
  return { f, value: ['/ephemeral', null], result: ['/ephemeral', { timeoutMs }], session, ...more };
}

/** Left to its pings; an expired one was over at the end. */
export function hold(session: string, isExpired: boolean, more: More): Drawn {
  const result = ['/ephemeral', { timeoutMs, isExpired }];
  return { f: 'session-hold', value: ['/ephemeral', null], result, session, zxid: 1, ...more };
}

export function finalList(server: number, znodes: Readonly<Record<string, Shown>>, more: More): Drawn {
  const f = 'final-ephemerals';
  return { f, value: ['/ephemeral', null], result: ['/ephemeral', znodes], server, ...more };
}
