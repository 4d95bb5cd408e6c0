// Codecs of the records that several messages, transactions and files share: ACLs, Stat, identities.

import { type JuteReader, JuteError, type JuteWriter } from './jute.ts';
import type { AuthId } from './quorum-packet.ts';
import type { Acl, Stat } from './records.ts';

/** A null string reads as ''. */
export function readText(reader: JuteReader): string {
  return reader.readString() ?? '';
}

/** A path that must be there: Apache ZooKeeper answers a null path as it answers an undecodable body. */
export function readPath(reader: JuteReader): string {
  const at = reader.offset;
  const path = reader.readString();
  if (path === null) throw new JuteError('a null path', at);
  return path;
}

export function readTexts(reader: JuteReader): string[] {
  return reader.readVector(readText) ?? [];
}

export function writeTexts(writer: JuteWriter, texts: readonly string[] | null): void {
  writer.writeVector(texts, writeText);
}

function writeText(writer: JuteWriter, text: string): void {
  writer.writeString(text);
}

export function readAcl(reader: JuteReader): Acl[] | null {
  return reader.readVector(readAclEntry);
}

export function writeAcl(writer: JuteWriter, acl: readonly Acl[] | null): void {
  writer.writeVector(acl, writeAclEntry);
}

function readAclEntry(reader: JuteReader): Acl {
  return { perms: reader.readInt(), scheme: readText(reader), id: readText(reader) };
}

function writeAclEntry(writer: JuteWriter, entry: Acl): void {
  writer.writeInt(entry.perms);
  writer.writeString(entry.scheme);
  writer.writeString(entry.id);
}

export function readAuthIds(reader: JuteReader): AuthId[] | null {
  return reader.readVector(readAuthId);
}

export function writeAuthIds(writer: JuteWriter, ids: readonly AuthId[] | null): void {
  writer.writeVector(ids, writeAuthId);
}

function readAuthId(reader: JuteReader): AuthId {
  return { scheme: readText(reader), id: readText(reader) };
}

function writeAuthId(writer: JuteWriter, id: AuthId): void {
  writer.writeString(id.scheme);
  writer.writeString(id.id);
}

export function readStat(reader: JuteReader): Stat {
  return {
    czxid: reader.readLong(),
    mzxid: reader.readLong(),
    ctime: reader.readLong(),
    mtime: reader.readLong(),
    version: reader.readInt(),
    cversion: reader.readInt(),
    aversion: reader.readInt(),
    ephemeralOwner: reader.readSessionId(),
    dataLength: reader.readInt(),
    numChildren: reader.readInt(),
    pzxid: reader.readLong(),
  };
}

export function writeStat(writer: JuteWriter, stat: Stat): void {
  writer.writeLong(stat.czxid);
  writer.writeLong(stat.mzxid);
  writer.writeLong(stat.ctime);
  writer.writeLong(stat.mtime);
  writer.writeInt(stat.version);
  writer.writeInt(stat.cversion);
  writer.writeInt(stat.aversion);
  writer.writeSessionId(stat.ephemeralOwner);
  writer.writeInt(stat.dataLength);
  writer.writeInt(stat.numChildren);
  writer.writeLong(stat.pzxid);
}
