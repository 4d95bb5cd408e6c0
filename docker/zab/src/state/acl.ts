// Access control: which lists may be set, and whom they let in. Facts: client protocol, "ACL".

import type { AuthId } from '../../../../harness/wire/quorum-packet.ts';
import type { Acl } from '../../../../harness/wire/records.ts';

export const Permission = { READ: 1, WRITE: 2, CREATE: 4, DELETE: 8, ADMIN: 16 } as const;

export function isOpen(acl: readonly Acl[]): boolean {
  const [entry] = acl;
  return (
    acl.length === 1 &&
    entry !== undefined &&
    entry.perms === 31 &&
    entry.scheme === 'world' &&
    entry.id === 'anyone'
  );
}

export interface AclOptions {
  /** The scheme `x509` exists: this server has a TLS port for clients. */
  readonly takesX509?: boolean;
}

/**
 * The list as it is stored: without duplicates, `auth` replaced by the requester's authenticated ids. Null when
 * it is empty or an entry cannot be set.
 */
export function settableAcl(
  acl: readonly Acl[] | null,
  ids: readonly AuthId[],
  { takesX509 = false }: AclOptions = {},
): readonly Acl[] | null {
  if (acl === null || acl.length === 0) return null;
  if (isOpen(acl)) return acl;
  const settable: Acl[] = [];
  for (const entry of acl) {
    const replaced = entry.scheme === 'auth' ? authenticatedEntries(entry.perms, ids, takesX509) : [entry];
    if (replaced.length === 0 || !replaced.every((each) => isSettable(each, takesX509))) return null;
    for (const each of replaced) if (!settable.some((other) => isEqual(other, each))) settable.push(each);
  }
  return settable;
}

function authenticatedEntries(perms: number, ids: readonly AuthId[], takesX509: boolean): Acl[] {
  return ids
    .filter(({ scheme }) => scheme === 'digest' || (takesX509 && scheme === 'x509'))
    .map(({ scheme, id }) => ({ perms, scheme, id }));
}

function isEqual(left: Acl, right: Acl): boolean {
  return left.perms === right.perms && left.scheme === right.scheme && left.id === right.id;
}

function isSettable({ scheme, id }: Acl, takesX509: boolean): boolean {
  switch (scheme) {
    case 'world':
      return id === 'anyone';
    case 'digest':
      return id.split(':').length === 2;
    case 'ip':
      return parseNetwork(id) !== null;
    case 'x509':
      return takesX509 && isDistinguishedName(id);
    default:
      return false;
  }
}

/** The names that Java knows; others are written as numbers. */
const attributeTypes =
  String.raw`CN|C|L|S|ST|O|OU|T|IP|STREET|DC|DNQ|DNQUALIFIER|SURNAME|GIVENNAME|INITIALS|GENERATION|` +
  String.raw`EMAIL|EMAILADDRESS|UID|SERIALNUMBER|\d+(?:\.\d+)+`;
/** Type and value in turn, as in `CN=a,OU=b+O=c`; commas and plus signs in values are escaped or quoted. */
const attributes = new RegExp(
  String.raw`^(?:(?:^|[,;+])\s*(?:${attributeTypes})\s*=(?:[^,+;"\\]|\\.|"[^"]*")*)+$`,
  'is',
);

function isDistinguishedName(text: string): boolean {
  return text === '' || attributes.test(text);
}

/** `permissions` may hold several bits: any of them suffices. An empty list lets everybody do everything. */
export function isAllowed(acl: readonly Acl[], permissions: number, ids: readonly AuthId[]): boolean {
  if (acl.length === 0) return true;
  for (const entry of acl) {
    if ((entry.perms & permissions) !== 0 && isMatched(entry, ids)) return true;
  }
  return ids.some(({ scheme }) => scheme === 'super');
}

function isMatched(entry: Acl, ids: readonly AuthId[]): boolean {
  if (entry.scheme === 'world') return entry.id === 'anyone';
  if (entry.scheme === 'ip') {
    const network = parseNetwork(entry.id);
    return network !== null && ids.some(({ scheme, id }) => scheme === 'ip' && isInside(id, network));
  }
  return ids.some(({ scheme, id }) => scheme === entry.scheme && id === entry.id);
}

/** IPv4 alone: Apache ZooKeeper 3.8 refuses lists with IPv6 addresses, and would match none of them. */
interface Network {
  readonly address: number;
  readonly bits: number;
}

function isInside(text: string, { address, bits }: Network): boolean {
  const client = parseIpv4(text);
  if (client === null) return false;
  return bits === 0 || (client ^ address) >>> (32 - bits) === 0;
}

function parseNetwork(text: string): Network | null {
  const [host = '', suffix, ...rest] = text.split('/');
  if (rest.length > 0) return null;
  const address = parseIpv4(host);
  const bits = suffix === undefined ? 32 : parseJavaInt(suffix, 32);
  return address === null || bits === null ? null : { address, bits };
}

function parseIpv4(text: string): number | null {
  const parts = text.split('.').map((part) => parseJavaInt(part, 255));
  if (parts.length !== 4) return null;
  let address = 0;
  for (const part of parts) {
    if (part === null) return null;
    address = address * 256 + part;
  }
  return address;
}

/** Signs and leading zeros are taken, as Java takes them: a list that Apache ZooKeeper stored must match here too. */
function parseJavaInt(text: string, largest: number): number | null {
  if (!/^[+-]?\d{1,99}$/.test(text)) return null;
  const value = Number(text);
  return value >= 0 && value <= largest ? Math.abs(value) : null;
}

/** What somebody without ADMIN may see of the list: password hashes are hidden. */
export function maskedAcl(acl: readonly Acl[]): readonly Acl[] {
  return acl.map((entry) =>
    entry.scheme === 'digest' ? { ...entry, id: `${entry.id.split(':')[0]}:x` } : entry,
  );
}
