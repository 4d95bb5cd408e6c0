// Arithmetic of zxids and quorums, written anew: the checker must not share the code of those it judges.

const counters = 2 ** 32;

export function epochOf(zxid: number): number {
  return Math.floor(zxid / counters);
}

export function counterOf(zxid: number): number {
  return zxid % counters;
}

export function epochStart(epoch: number): number {
  return epoch * counters;
}

/** Whether `zxid` may stand next to `previous` in a log: the next of its epoch, or the first of a later one. */
export function isNext(zxid: number, previous: number): boolean {
  if (epochOf(zxid) === epochOf(previous)) return zxid === previous + 1;
  return zxid > previous && counterOf(zxid) === 1;
}

/** `0x500000012`. */
export function hex(zxid: number): string {
  return `0x${zxid.toString(16)}`;
}
