// Key, certificates and rules of one family of keys (`ssl.` or `ssl.quorum.`), read from PEM files: the key
// store holds the private key and its certificate chain, the trust store the certificates of authorities.
// Whatever cannot be used is a ConfigError that names the key of zoo.cfg and the file.

import { X509Certificate, constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, getCiphers, type SecureContextOptions, type SecureVersion } from 'node:tls';
import { ConfigError } from '../../server/config/config-error.ts';
import type { TlsEndpoint, TlsStore } from '../../server/config/tls-settings.ts';

/** Where a family of keys is used; `file` is the zoo.cfg, for messages. */
export interface CredentialSource {
  readonly endpoint: TlsEndpoint;
  readonly file: string;
}

export function loadCredentials({ endpoint, file }: CredentialSource): SecureContextOptions {
  const { prefix, keyStore, trustStore } = endpoint;
  const fail = (problem: string, remedy: string): never => {
    throw new ConfigError({ file, line: null }, problem, remedy);
  };
  const readStore = (name: string, store: TlsStore, wanted: string): string => {
    const key = `${prefix}${name}.location`;
    if (store.location === null) {
      return fail(`TLS needs ${key}, which is missing`, `Add ${key}=/path/file.pem with ${wanted}`);
    }
    const type = store.type ?? typeOfFile(store.location);
    if (type.toUpperCase() !== 'PEM') {
      return fail(
        `${key} ${store.location} is of type ${type}, and this server reads PEM only`,
        `Convert it (keytool -importkeystore -deststoretype PKCS12, then openssl pkcs12), or add ${prefix}${name}.type=PEM if it is one`,
      );
    }
    let text = '';
    try {
      text = readFileSync(store.location, 'utf8');
      const blocks = text.match(certificateBlock) ?? [];
      if (blocks.length === 0) throw new Error('it holds no certificate');
      for (const block of blocks) void new X509Certificate(block);
    } catch (error) {
      return fail(`${key} ${store.location}: ${messageOf(error)}`, `It must be a PEM file with ${wanted}`);
    }
    return text;
  };

  const identity = readStore('keyStore', keyStore, 'the private key and its certificate chain');
  const trusted =
    trustStore.location === null && prefix === 'ssl.' && endpoint.clientAuth === 'none'
      ? undefined
      : readStore('trustStore', trustStore, 'the certificates to trust');
  const passphrase = passwordOf(keyStore, (problem) =>
    fail(
      `${prefix}keyStore.passwordPath: ${problem}`,
      'Name a file that holds the password and nothing else',
    ),
  );
  const options: SecureContextOptions = {
    key: identity,
    cert: identity,
    ...(trusted === undefined ? {} : { ca: trusted }),
    ...(passphrase === null ? {} : { passphrase }),
    ...versionsOf(endpoint, fail),
    ...ciphersOf(endpoint, fail),
    // A resumed session would outlive a change of the trusted certificates.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
  try {
    createSecureContext(options);
  } catch (error) {
    fail(
      `${prefix}keyStore.location ${keyStore.location}: ${messageOf(error)}`,
      `Its private key must be PEM (PKCS 8), belong to its first certificate, and open with ${prefix}keyStore.password if it is encrypted`,
    );
  }
  return options;
}

const certificateBlock =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

function typeOfFile(path: string): string {
  const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase();
  if (extension === 'pem') return 'PEM';
  if (extension === 'p12') return 'PKCS12';
  return extension === undefined ? 'unknown' : extension.toUpperCase();
}

/** The file wins, so that a password need not stand in zoo.cfg. */
function passwordOf(store: TlsStore, fail: (problem: string) => never): string | null {
  if (store.passwordPath === null) return store.password === '' ? null : store.password;
  try {
    return readFileSync(store.passwordPath, 'utf8').trim();
  } catch (error) {
    return fail(messageOf(error));
  }
}

const versions: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** TLS 1.2 alone where nothing is said, as Apache ZooKeeper 3.8 has it. */
function versionsOf(
  { prefix, protocol, enabledProtocols }: TlsEndpoint,
  fail: (problem: string, remedy: string) => never,
): { minVersion: SecureVersion; maxVersion: SecureVersion } {
  const names = enabledProtocols ?? [protocol ?? 'TLSv1.2'];
  const indexes = names.flatMap((name) => {
    if (name === 'TLS') return [2, 3];
    const index = versions.findIndex((version) => version === name);
    if (index === -1) {
      fail(`${prefix}enabledProtocols: unknown protocol ${name}`, `Use some of ${versions.join(', ')}`);
    }
    return [index];
  });
  const minVersion = versions[Math.min(...indexes)] ?? 'TLSv1.2';
  const maxVersion = versions[Math.max(...indexes)] ?? 'TLSv1.2';
  return { minVersion, maxVersion };
}

function ciphersOf(
  { prefix, cipherSuites }: TlsEndpoint,
  fail: (problem: string, remedy: string) => never,
): { ciphers?: string } {
  if (cipherSuites === null) return {};
  const known = new Set(getCiphers());
  const names = cipherSuites.map(openSslName).filter((name) => known.has(name.toLowerCase()));
  if (names.length === 0) {
    fail(
      `${prefix}ciphersuites: none of ${cipherSuites.join(', ')} is known`,
      'Use names such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    );
  }
  return { ciphers: names.join(':') };
}

/** Java writes TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 for what OpenSSL calls ECDHE-RSA-AES128-SHA256. */
function openSslName(suite: string): string {
  const [, exchange, cipher] = /^TLS_(.+)_WITH_(.+)$/.exec(suite) ?? [];
  // The suites of TLS 1.3 have one name everywhere.
  if (exchange === undefined || cipher === undefined) return suite;
  const method = exchange === 'RSA' ? '' : `${exchange}-`;
  return `${method}${cipher}`
    .replace('_CBC', '')
    .replace(/AES_(\d+)/, 'AES$1')
    .replace(/CHACHA20_POLY1305_SHA256$/, 'CHACHA20-POLY1305')
    .replaceAll('_', '-');
}

/** OpenSSL's messages are places in its sources; what it has to say is apart. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
}
