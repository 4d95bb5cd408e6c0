// A lock: acquire and release, by processes. It begins free, is held by one process at a time, and only its holder
// releases it.

import type { Model } from './model.ts';
import { ModelError } from './model.ts';

/** The process that holds it. */
type Holder = number | null;

export interface LockAction {
  readonly type: 'acquire' | 'release';
  readonly process: number;
}

export const lock: Model<Holder, LockAction> = {
  name: 'lock',
  description: 'acquire and release of one lock by processes',
  initial: null,
  action(call) {
    if (call.f === 'acquire' || call.f === 'release') return { type: call.f, process: call.process };
    throw new ModelError('lock', call, 'acquire or release');
  },
  isRead: () => false,
  step(holder, { type, process }) {
    if (type === 'acquire') return holder === null ? process : undefined;
    return holder === process ? null : undefined;
  },
  key: (holder) => holder ?? 'free',
  describeState: (holder) => (holder === null ? 'a free lock' : `the lock held by process ${holder}`),
  describeAction: ({ type, process }) => `${type} by process ${process}`,
};
