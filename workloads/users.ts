// Users of access lists: a digest user is who knows a password, and lists name him by its hash.

import type { Acl } from '../harness/wire/records.ts';

/** Base64 of the SHA-1 of user and password, as `credentialsOf` has them. */
const hashes = {
  alice: 'aYXlLOpEooaV1cRAvUL1fp9Qt7E=',
  bob: 'fyVmFCwVbTJYrznoSu1koqYEYF0=',
  'script-user': 'HAt7h5g31zaiVXSulCoUWbbQ1pI=',
  'script-stranger': 'f3O9ZuY5eTFi8kwVnKwPNkR91kU=',
} as const;

export type User = keyof typeof hashes;

/** What is sent to prove to be this user. */
export function credentialsOf(user: User): Buffer {
  return Buffer.from(`${user}:secret`);
}

/** The entry of an access list for a user. */
export function digestAcl(user: User, perms: number): Acl {
  return { perms, scheme: 'digest', id: `${user}:${hashes[user]}` };
}
