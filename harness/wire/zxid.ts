// A zxid is 64 bits: the epoch in the high half, a counter in the low half. It is carried as a
// JavaScript number, which is exact while the epoch stays below 2^21; decoding refuses anything beyond,
// because a rounded zxid would silently merge two transactions.

const counterSpan = 0x1_0000_0000;

/** The first epoch whose zxids a double can no longer carry exactly. */
export const epochLimit = 2 ** 21;

export function makeZxid(epoch: number, counter: number): number {
  return epoch * counterSpan + counter;
}

export function epochOf(zxid: number): number {
  return Math.floor(zxid / counterSpan);
}

export function counterOf(zxid: number): number {
  return zxid - epochOf(zxid) * counterSpan;
}

/** `0x100000002`, as Apache ZooKeeper prints it; −1 prints as sixteen f's, as a signed long would. */
export function formatZxid(zxid: number): string {
  return zxid < 0 ? `0x${BigInt.asUintN(64, BigInt(zxid)).toString(16)}` : `0x${zxid.toString(16)}`;
}
