// What the Stats of one znode say. Its versions are looked after elsewhere; here is what no write of data can change:
// when it was created, and that nobody touched its children or its access list. The order of the fields is that of
// ZooKeeper's record.

import { describeZxid } from '../describe.ts';

/** `[czxid, mzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner, dataLength, numChildren, pzxid]`. */
export type RecordedStat = readonly number[];

export const statFields = [
  'czxid',
  'mzxid',
  'ctime',
  'mtime',
  'version',
  'cversion',
  'aversion',
  'ephemeralOwner',
  'dataLength',
  'numChildren',
  'pzxid',
] as const;

/** A zxid in hex, as in logs and traces; any other field as the number that it is. */
export function describeStatField(field: number, value: number | undefined): string {
  if (value === undefined) return 'nothing';
  return statFields[field]?.endsWith('zxid') === true ? describeZxid(value) : String(value);
}

export const statPlaces = { czxid: 0, mzxid: 1, ctime: 2, mtime: 3, version: 4, dataLength: 8 } as const;

/** Of a znode whose data alone is changed. */
const constantFields: readonly number[] = [0, 2, 5, 6, 7, 9, 10];

export function isStat(value: unknown): value is RecordedStat {
  return Array.isArray(value) && value.length === statFields.length;
}

/** The first field that two Stats of the znode must share and do not; null: they agree. */
export function differingField(one: RecordedStat, other: RecordedStat): number | null {
  for (const place of constantFields) if (one[place] !== other[place]) return place;
  return null;
}
