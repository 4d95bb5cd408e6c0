// A changed membership on the disk, as Apache ZooKeeper keeps it: `<cfg>.dynamic.<hex version>` has the
// configuration in force, `dynamicConfigFile` in zoo.cfg points at it, `<cfg>.dynamic.next` has one that may
// follow. Each file is written beside its place, synced and renamed, and zoo.cfg changes last, so a crash leaves
// the old configuration or the new one. A configuration without this server is not written: its own line says
// where it listens, and it hears the rest from the others.
// Facts: storage-format of ZooKeeper 3.8, "server.N forms".

import { memberOf, membershipLines, membershipText } from '../core/membership.ts';
import type { Membership } from '../core/membership.ts';
import type { PersistOperation } from '../core/events.ts';
import type { DiskOperation } from './ports.ts';

export type ConfigurationOperation = Extract<PersistOperation, { membership: unknown }>;

export interface ConfigurationFilesOptions {
  /** Of zoo.cfg; the other files stand beside it. */
  readonly path: string;
  /** zoo.cfg as it is. */
  readonly text: string;
  readonly sid: number;
  /** Whether `.dynamic.next` is there. */
  readonly hasNext: boolean;
}

export class ConfigurationFiles {
  readonly #path: string;
  readonly #sid: number;
  #text: string;
  #hasNext: boolean;

  constructor({ path, text, sid, hasNext }: ConfigurationFilesOptions) {
    this.#hasNext = hasNext;
    this.#path = path;
    this.#text = text;
    this.#sid = sid;
  }

  plan(operation: ConfigurationOperation): DiskOperation[] {
    if (operation.type === 'configuration') return this.#activate(operation.membership);
    return this.#expect(operation.membership);
  }

  #expect(membership: Membership | null): DiskOperation[] {
    if (membership === null) return this.#removeNext();
    this.#hasNext = true;
    const text = [...membershipLines(membership), `version=${membership.version.toString(16)}`];
    return [...replaceFile(nextPath(this.#path), sorted(text)), this.#directorySync];
  }

  #activate(membership: Membership): DiskOperation[] {
    const own = memberOf(membership, this.#sid);
    if (own === undefined) return this.#removeNext();
    const dynamicPath = `${this.#path}.dynamic.${membership.version.toString(16)}`;
    const before = this.#text;
    this.#text = editText(before, { dynamicPath, erasesClientPort: own.clientAddress !== undefined });
    return [
      ...replaceFile(dynamicPath, sorted(membershipLines(membership))),
      this.#directorySync,
      ...replaceFile(`${this.#path}.bak`, before),
      ...replaceFile(this.#path, this.#text),
      this.#directorySync,
      ...this.#removeNext(),
    ];
  }

  #removeNext(): DiskOperation[] {
    if (!this.#hasNext) return [];
    this.#hasNext = false;
    return [{ type: 'remove', path: nextPath(this.#path) }, this.#directorySync];
  }

  get #directorySync(): DiskOperation {
    return { type: 'syncDirectory', path: directoryOf(this.#path) };
  }
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '.' : path.slice(0, slash) || '/';
}

export function nextPath(path: string): string {
  return `${path}.dynamic.next`;
}

/** `zoo.cfg.dynamic.100000003` → 0x100000003; 0 for a file that an operator wrote, under any name. */
export function versionInName(path: string): number {
  const match = /\.dynamic\.([0-9a-f]{1,13})$/.exec(path);
  return match === null ? 0 : Number.parseInt(match[1] ?? '0', 16);
}

/** For logs. */
export function describeMembership(membership: Membership): string {
  return membershipText(membership).replaceAll('\n', ', ');
}

function editText(text: string, edit: { dynamicPath: string; erasesClientPort: boolean }): string {
  const moved = /^\s*(server\.|group|weight|dynamicConfigFile|peerType)/;
  const client = /^\s*clientPort/;
  const lines = text.split(/\r?\n/).filter((line) => {
    return line !== '' && !moved.test(line) && !(edit.erasesClientPort && client.test(line));
  });
  return [...lines, `dynamicConfigFile=${edit.dynamicPath}`, ''].join('\n');
}

function replaceFile(path: string, text: string): DiskOperation[] {
  const temporary = `${path}.tmp`;
  return [
    { type: 'write', path: temporary, bytes: Buffer.from(text) },
    { type: 'sync', path: temporary },
    { type: 'rename', from: temporary, to: path },
  ];
}

function sorted(lines: readonly string[]): string {
  return [...lines].sort().join('\n');
}
