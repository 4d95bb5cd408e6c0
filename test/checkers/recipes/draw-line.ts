// Calls of the workloads about waiting lines, drawn by hand. Numbers are those at the end of the names; a zxid is ten
// times the millisecond in which the call ends, unless the drawing needs another.

import type { Drawn } from '../draw.ts';

type More = Omit<Drawn, 'f' | 'value' | 'result' | 'session'>;

export interface Drawer {
  readonly enter: (number: number, session: string, more: More) => Drawn;
  readonly look: (number: number, session: string, seen: { seen: string; at: number }, more: More) => Drawn;
  readonly use: (number: number, session: string, more: More) => Drawn;
  /** Of one who shares: what it saw in the resource, and since when. */
  readonly useShared: (
    number: number,
    session: string,
    seen: { token: number; mzxid: number },
    more: More,
  ) => Drawn;
  readonly leave: (number: number, session: string, more: More) => Drawn;
  readonly observe: (token: number, mzxid: number, more: More) => Drawn;
}

/** Of one line; those who share have the numbers that `isShared` says. */
export function drawerOf(parent: string, isShared: (number: number) => boolean = () => false): Drawer {
  const place = (number: number): object => {
    const role = isShared(number) ? 'shared' : 'exclusive';
    const prefix = `${role === 'shared' ? 's' : 'x'}${number}-`;
    return { role, prefix, name: `${prefix}${String(number).padStart(10, '0')}` };
  };
  const drawn = (f: string, number: number, session: string, result: object, more: More): Drawn => ({
    f,
    value: [parent, place(number)],
    result: [parent, { ...place(number), ...result }],
    session,
    zxid: (more.to ?? 0) * 10,
    ...more,
  });
  return {
    enter: (number, session, more) => drawn('line-enter', number, session, {}, more),
    look: (number, session, seen, more) => drawn('line-look', number, session, seen, more),
    use: (number, session, more) => drawn('line-use', number, session, {}, more),
    useShared: (number, session, seen, more) => drawn('line-use', number, session, seen, more),
    leave: (number, session, more) => drawn('line-leave', number, session, {}, more),
    observe: (token, mzxid, more) => ({
      f: 'line-observe',
      value: [parent, null],
      result: [parent, { token, mzxid }],
      session: 'ee',
      zxid: 1,
      ...more,
    }),
  };
}

/** Six turns, one after the other, so that a tiny history is not called too short. */
export function exerciseOf(parent: string): readonly Drawn[] {
  const { enter, look, leave } = drawerOf(parent);
  return Array.from({ length: 7 }, (_, index) => {
    const from = 10 * index;
    const number = index + 1;
    const process = 99;
    return [
      enter(number, 'dd', { from, to: from + 1, process }),
      look(number, 'dd', { seen: 'first', at: (from + 1) * 10 }, { from: from + 2, to: from + 3, process }),
      leave(number, 'dd', { from: from + 4, to: from + 5, process }),
    ];
  }).flat();
}
