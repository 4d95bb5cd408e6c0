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

interface Authenticating {
  readonly address: string;
  /** `super:` and a digest, as `DigestAuthenticationProvider.superDigest` has it; null: there is no such user. */
  readonly superDigest: string | null;
}

/** Null: refused, the connection ends. */
export function authenticate(
  request: AuthRequest,
  { address, superDigest }: Authenticating,
): readonly AuthId[] | null {
  switch (request.scheme) {
    case 'digest': {
      const id = digestId(request.auth ?? Buffer.alloc(0));
      const own: AuthId = { scheme: 'digest', id };
      return id === superDigest ? [{ scheme: 'super', id: '' }, own] : [own];
    }
    case 'ip':
      return [{ scheme: 'ip', id: address }];
    // Nobody proves to be `world` or `auth`: these stand for somebody in access lists only.
    default:
      return null;
  }
}

/** Whether the body of a SASL request can be understood. */
export function holdsSaslToken(body: Buffer): boolean {
  if (body.length < 4) return false;
  const length = body.readInt32BE(0);
  return length >= 0 && length <= body.length - 4;
}

/** An id is held once, however often it was proved. */
export function withIds(ids: readonly AuthId[], gained: readonly AuthId[]): readonly AuthId[] {
  const isHeld = ({ scheme, id }: AuthId): boolean =>
    ids.some((other) => other.scheme === scheme && other.id === id);
  return [...ids, ...gained.filter((each) => !isHeld(each))];
}

/** `user:` and the base64 of the SHA-1 of `user:password`. */
function digestId(credentials: Buffer): string {
  const text = credentials.toString('utf8');
  const user = text.split(':', 1)[0] ?? '';
  return `${user}:${sha1(credentials).toString('base64')}`;
}
