// The auth packet: which ids a client gains by it. Facts: client protocol of ZooKeeper 3.8, "ACL".

import type { AuthId } from '../../../../harness/wire/quorum-packet.ts';
import type { ClientRequest } from '../../../../harness/wire/records.ts';
import { sha1 } from './sha1.ts';

/** What a connection is from the start: its address and, over TLS, the subject of its certificate. */
export function initialIds(
  address: string,
  subject: string | null | undefined,
  x509SuperUser: string | null,
): readonly AuthId[] {
  const ids = [{ scheme: 'ip', id: address }];
  if (typeof subject !== 'string') return ids;
  if (subject === x509SuperUser) ids.push({ scheme: 'super', id: subject });
  return [...ids, { scheme: 'x509', id: subject }];
}

type AuthRequest = Extract<ClientRequest, { type: 'auth' }>;

/** Null: refused, the connection ends. */
export function authenticate(request: AuthRequest, address: string): readonly AuthId[] | null {
  switch (request.scheme) {
    case 'digest':
      return [{ scheme: 'digest', id: digestId(request.auth ?? Buffer.alloc(0)) }];
    case 'ip':
      return [{ scheme: 'ip', id: address }];
    case 'world':
      return [];
    default:
      return null;
  }
}

/** `user:` and the base64 of the SHA-1 of `user:password`. */
function digestId(credentials: Buffer): string {
  const text = credentials.toString('utf8');
  const user = text.split(':', 1)[0] ?? '';
  return `${user}:${sha1(credentials).toString('base64')}`;
}
