// What clients may do and how their sessions behave: ACLs, super user, quotas, containers, read-only mode,
// local sessions.

import { largestInt, type PropertyReader } from './property-reader.ts';

export interface AccessSettings {
  /** No ACL is checked. */
  readonly skipAcl: boolean;
  /** `super:<digest>`; null = nobody can become super user by a password. */
  readonly superDigest: string | null;
  /** Subject of a certificate whose holder may do everything; null = nobody. */
  readonly x509SuperUser: string | null;
  readonly enforcesQuota: boolean;
  /** Serve read-only clients while there is no quorum. */
  readonly readOnlyMode: boolean;
  readonly localSessionsEnabled: boolean;
  /** A local session becomes a global one when it creates an ephemeral znode. */
  readonly localSessionsUpgradingEnabled: boolean;
  readonly containerCheckIntervalMs: number;
  readonly containersPerMinute: number;
  /** Containers that never had a child go after this time; 0 = never. */
  readonly containerNeverUsedMs: number;
}

export function readAccessSettings(reader: PropertyReader): AccessSettings {
  const count = { least: 0, most: largestInt };
  const positive = { least: 1, most: largestInt };
  refuseUnavailable(reader);
  // Digests in ACLs and of the super user mean nothing under another algorithm.
  reader.choice('DigestAuthenticationProvider.digestAlg', 'sha1', ['sha1']);
  return {
    skipAcl: reader.text('skipACL', 'no') === 'yes',
    superDigest: reader.optionalText('DigestAuthenticationProvider.superDigest'),
    x509SuperUser: reader.optionalText('X509AuthenticationProvider.superUser'),
    enforcesQuota: reader.flag('enforceQuota', false),
    readOnlyMode: reader.flag('readonlymode.enabled', false),
    localSessionsEnabled: reader.boolean('localSessionsEnabled', false),
    localSessionsUpgradingEnabled: reader.boolean('localSessionsUpgradingEnabled', false),
    containerCheckIntervalMs: reader.integer('znode.container.checkIntervalMs', 60_000, positive),
    containersPerMinute: reader.integer('znode.container.maxPerMinute', 10_000, positive),
    containerNeverUsedMs: reader.integer('znode.container.maxNeverUsedIntervalMs', 0, count),
  };
}

/** Without them, clients that should be turned away would be let in. */
function refuseUnavailable(reader: PropertyReader): void {
  for (const key of ['sessionRequireClientSASLAuth', 'enforce.auth.enabled']) {
    if (!reader.flag(key, false)) continue;
    throw reader.error(
      reader.find(key),
      `${key}: this server cannot demand that clients authenticate`,
      'Remove the line; protect znodes by ACLs, or the client port by TLS with ssl.clientAuth=need',
    );
  }
  reader.find('enforce.auth.schemes');
}
