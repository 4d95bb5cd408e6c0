// TLS of one family of keys, around the sockets of the network: the accepting side tells plain from TLS,
// shakes hands and verifies who calls; the dialling side verifies who answers. Nobody is handed a connection
// before that is done, and whoever fails is named in the log and dropped.

import { lookupService } from 'node:dns/promises';
import { watchFile } from 'node:fs';
import type { Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  createServer,
  type PeerCertificate,
  type SecureContext,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls';
import type { Address, LogSink } from '../../server/ports.ts';
import { subjectOf } from './certificate-subject.ts';
import { type CredentialSource, loadCredentials, messageOf } from './tls-credentials.ts';

/** Whoever connects has this long to finish the handshake. */
const handshakeTimeoutMs = 10_000;
const reloadCheckMs = 1_000;
/** First byte of every TLS connection; a plain frame that began so would be far above any limit. */
const handshakeRecord = 0x16;

/** A connection that may be used. `subject`: of the certificate that was verified, null where none was asked. */
export type Admit = (socket: Socket, subject: string | null) => void;

export interface Acceptor {
  readonly accept: (socket: Socket) => void;
  readonly close: () => void;
}

export interface TlsSideOptions extends CredentialSource {
  readonly log: LogSink;
  /** Servers call each other, so that a caller's name can be checked too; clients come from anywhere. */
  readonly verifiesCallerName: boolean;
  readonly reloads: boolean;
}

export class TlsSide {
  readonly #options: TlsSideOptions;
  readonly #servers = new Set<Server>();
  #credentials: SecureContextOptions;
  /** The same, made ready for dialling. */
  #context: SecureContext;

  /** Throws a ConfigError. */
  constructor(options: TlsSideOptions) {
    this.#options = options;
    this.#credentials = loadCredentials(options);
    this.#context = createSecureContext(this.#credentials);
    if (options.reloads) this.#watchFiles();
  }

  acceptor(admit: Admit, { takesPlain }: { takesPlain: boolean }): Acceptor {
    const { endpoint, log } = this.#options;
    /** By the caller's address and port: Node's TLS socket forgets its address with the connection. */
    const pending = new Map<string, Socket>();
    const refuse = (socket: Socket, reason: string, who = callerOf(socket)): void => {
      socket.destroy();
      if (!pending.delete(who)) return;
      log('warn', `TLS connection of ${who} refused (${endpoint.prefix}*): ${reason}`);
    };
    const server = createServer({
      ...this.#credentials,
      requestCert: endpoint.clientAuth !== 'none',
      // Whom to refuse is decided below, where the reason can be told.
      rejectUnauthorized: false,
      handshakeTimeout: handshakeTimeoutMs,
    });
    this.#servers.add(server);
    server.on('tlsClientError', (error, socket) => refuse(socket, messageOf(error)));
    server.on('secureConnection', (socket) => {
      const who = callerOf(socket);
      // Nobody else listens yet, and an error that nobody hears ends the process.
      socket.on('error', () => {});
      this.#verifyCaller(socket).then(
        (subject) => {
          if (!pending.delete(who) || socket.destroyed) return;
          admit(socket, subject);
        },
        (error: unknown) => refuse(socket, messageOf(error), who),
      );
    });
    return {
      accept: (socket) => {
        // Reset before it was accepted.
        if (socket.remoteAddress === undefined) return void socket.destroy();
        const who = callerOf(socket);
        pending.set(who, socket);
        socket.on('error', () => {});
        socket.once('close', () => refuse(socket, 'it hung up during the handshake', who));
        if (!takesPlain) return void server.emit('connection', socket);
        tellApart(socket, endpoint.handshakeDetectionTimeoutMs, (isTls) => {
          if (isTls) return void server.emit('connection', socket);
          pending.delete(who);
          admit(socket, null);
          socket.resume();
        });
      },
      close: () => {
        this.#servers.delete(server);
        const sockets = [...pending.values()];
        pending.clear();
        for (const socket of sockets) socket.destroy();
      },
    };
  }

  dial({ host, port }: Address): TLSSocket {
    const { endpoint, log } = this.#options;
    const isRightName = (name: string, certificate: PeerCertificate): Error | undefined => {
      if (!endpoint.hostnameVerification) return undefined;
      const error = checkServerIdentity(name, certificate);
      const address = socket.remoteAddress;
      // A certificate may name the address instead, as Apache ZooKeeper has it.
      if (error === undefined || address === undefined) return error;
      return checkServerIdentity(address, certificate) === undefined ? undefined : error;
    };
    const socket = connectTls({ secureContext: this.#context, host, port, checkServerIdentity: isRightName });
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.syscall === 'connect') return;
      log('warn', `TLS with ${host}:${port} failed: ${messageOf(error)}`);
    };
    socket.once('error', failed);
    socket.once('secureConnect', () => socket.off('error', failed));
    return socket;
  }

  async #verifyCaller(socket: TLSSocket): Promise<string | null> {
    const { endpoint, verifiesCallerName } = this.#options;
    if (endpoint.clientAuth === 'none') return null;
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) {
      if (endpoint.clientAuth === 'need') throw new Error('it has no certificate');
      return null;
    }
    // Node's types promise an Error; it is a code such as UNABLE_TO_VERIFY_LEAF_SIGNATURE.
    if (!socket.authorized) throw new Error(`certificate: ${String(socket.authorizationError)}`);
    if (verifiesCallerName && endpoint.hostnameVerification) await verifyName(socket);
    return subjectOf(certificate.raw);
  }

  /** By polling: a file that is replaced through a symbolic link is noticed too. */
  #watchFiles(): void {
    const { keyStore, trustStore } = this.#options.endpoint;
    for (const { location } of [keyStore, trustStore]) {
      if (location === null) continue;
      watchFile(location, { persistent: false, interval: reloadCheckMs }, (now, before) => {
        if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino) this.#reload(location);
      });
    }
  }

  #reload(location: string): void {
    try {
      this.#credentials = loadCredentials(this.#options);
    } catch (error) {
      this.#options.log('error', `certificates not reloaded, the old ones stay: ${messageOf(error)}`);
      return;
    }
    this.#context = createSecureContext(this.#credentials);
    for (const server of this.#servers) server.setSecureContext(this.#credentials);
    this.#options.log('info', `certificates reloaded, because ${location} changed`);
  }
}

function callerOf(socket: Socket): string {
  return `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
}

/** The caller's certificate must name its address, or the host name that belongs to the address. */
async function verifyName(socket: TLSSocket): Promise<void> {
  const certificate = socket.getPeerCertificate();
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const error = checkServerIdentity(address, certificate);
  if (error === undefined) return;
  const { hostname } = await lookupService(address, 0).catch(() => ({ hostname: address }));
  if (hostname === address) throw error;
  const nameError = checkServerIdentity(hostname, certificate);
  if (nameError !== undefined) throw nameError;
}

/** Looks at the first byte. Who says nothing for too long cannot be a TLS client. */
function tellApart(socket: Socket, timeoutMs: number, told: (isTls: boolean) => void): void {
  const decide = (first: Buffer | null): void => {
    clearTimeout(patience);
    socket.off('data', look);
    socket.pause();
    if (first !== null) socket.unshift(first);
    told(first?.[0] === handshakeRecord);
  };
  const look = (bytes: Buffer): void => decide(bytes);
  const patience = setTimeout(() => decide(null), timeoutMs);
  patience.unref();
  socket.once('data', look);
  socket.once('close', () => clearTimeout(patience));
}
