// TLS on the client port (`ssl.*`) and between servers (`ssl.quorum.*`).

import { readAddress } from './basic-settings.ts';
import { largestInt, type PropertyReader } from './property-reader.ts';

export interface TlsSettings {
  /** Null: no TLS port for clients. */
  readonly secureClientPort: number | null;
  readonly secureClientPortAddress: string;
  /** The plain client port takes TLS connections too. */
  readonly clientPortUnification: boolean;
  readonly sslQuorum: boolean;
  /** The quorum ports take plain and TLS connections, for an upgrade without a stop. */
  readonly quorumPortUnification: boolean;
  readonly quorumReloadsCertificates: boolean;
  readonly clientReloadsCertificates: boolean;
  readonly client: TlsEndpoint;
  readonly quorum: TlsEndpoint;
}

/** One family of keys. */
export interface TlsEndpoint {
  /** `ssl.` or `ssl.quorum.`, for messages. */
  readonly prefix: string;
  readonly keyStore: TlsStore;
  readonly trustStore: TlsStore;
  readonly clientAuth: 'need' | 'want' | 'none';
  readonly hostnameVerification: boolean;
  readonly protocol: string | null;
  readonly enabledProtocols: readonly string[] | null;
  readonly cipherSuites: readonly string[] | null;
  readonly handshakeDetectionTimeoutMs: number;
}

export interface TlsStore {
  readonly location: string | null;
  readonly password: string | null;
  readonly passwordPath: string | null;
  /** As the file says it, for example PEM; null = by the name of the file. */
  readonly type: string | null;
}

export function readTlsSettings(reader: PropertyReader): TlsSettings {
  const secureClientPort = reader.optionalInteger('secureClientPort', { least: 0, most: 65535 }, 2281);
  return {
    secureClientPort,
    secureClientPortAddress: readAddress(reader, secureClientPort, 'secureClientPort'),
    clientPortUnification: reader.flag('client.portUnification', false),
    sslQuorum: reader.boolean('sslQuorum', false),
    quorumPortUnification: reader.boolean('portUnification', false),
    quorumReloadsCertificates: reader.boolean('sslQuorumReloadCertFiles', false),
    clientReloadsCertificates: reader.boolean('client.certReload', false),
    client: readEndpoint(reader, 'ssl.'),
    quorum: readEndpoint(reader, 'ssl.quorum.'),
  };
}

function readEndpoint(reader: PropertyReader, prefix: string): TlsEndpoint {
  refuseRevocationLists(reader, prefix);
  return {
    prefix,
    keyStore: readStore(reader, `${prefix}keyStore.`),
    trustStore: readStore(reader, `${prefix}trustStore.`),
    clientAuth: reader.choice(`${prefix}clientAuth`, 'need', ['need', 'want', 'none']),
    hostnameVerification: reader.flag(`${prefix}hostnameVerification`, true),
    protocol: reader.optionalText(`${prefix}protocol`),
    enabledProtocols: readList(reader, `${prefix}enabledProtocols`),
    cipherSuites: readList(reader, `${prefix}ciphersuites`),
    handshakeDetectionTimeoutMs: reader.integer(`${prefix}handshakeDetectionTimeoutMillis`, 5_000, {
      least: 1,
      most: largestInt,
    }),
  };
}

/** Without them, certificates that should be turned away would be let in. */
function refuseRevocationLists(reader: PropertyReader, prefix: string): void {
  for (const key of [`${prefix}crl`, `${prefix}ocsp`]) {
    if (!reader.flag(key, false)) continue;
    throw reader.error(
      reader.find(key),
      `${key}: this server cannot ask whether a certificate was revoked`,
      'Remove the line; short-lived certificates and reloading them serve the same purpose',
    );
  }
}

function readStore(reader: PropertyReader, prefix: string): TlsStore {
  return {
    location: reader.optionalText(`${prefix}location`),
    password: reader.optionalText(`${prefix}password`),
    passwordPath: reader.optionalText(`${prefix}passwordPath`),
    type: reader.optionalText(`${prefix}type`),
  };
}

function readList(reader: PropertyReader, key: string): readonly string[] | null {
  const property = reader.find(key);
  if (property === undefined) return null;
  return property.value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
