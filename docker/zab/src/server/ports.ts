// Everything a server needs from its surroundings. `io/` implements these on Node; the simulated world
// implements them in virtual time. Callbacks, not promises: the simulated world must decide the order of
// everything, and a promise would leave that to the engine.

import type { Host } from './host.ts';

/** A closed handle does nothing when cancelled again. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds of a clock that never goes back; fractions allowed. */
  nowMs(): number;
  /** Wall clock, milliseconds since 1970; may jump. */
  wallMs(): number;
  after(delayMs: number, run: () => void): Timer;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Which keys of zoo.cfg say how TLS is done: `ssl.*` or `ssl.quorum.*`. */
export type TlsKeys = 'client' | 'quorum';

export interface DialAddress extends Address {
  /** Absent: plain. */
  readonly tls?: TlsKeys;
}

export interface ListenAddress extends Address {
  /** Absent: plain only. `takesPlain`: plain connections are accepted beside those over TLS. */
  readonly tls?: { readonly keys: TlsKeys; readonly takesPlain: boolean };
  /** Connections that may wait to be accepted; absent = as many as the implementation thinks right. */
  readonly backlog?: number;
}

/** One end of a byte stream. After `close`, and after `closed` was called, nothing more happens. */
export interface Link {
  readonly remote: Address;
  /** Subject of the verified certificate of whoever called over TLS; absent or null where there is none. */
  readonly peerSubject?: string | null;
  /** Bytes handed to `write` that the other side's network has not taken yet. */
  readonly bufferedBytes: number;
  write(bytes: Buffer): void;
  /** As one write of all of them together, which need not join them before. */
  writeAll(chunks: readonly Buffer[]): void;
  /** Stops and restarts the flow of `data`, for back pressure. */
  pause(): void;
  resume(): void;
  /** Sends what is buffered, then closes. */
  end(): void;
  /** Drops the connection at once. */
  destroy(): void;
}

export interface LinkHandlers {
  opened?(link: Link): void;
  data(link: Link, bytes: Buffer): void;
  /**
   * `bufferedBytes` is 0 again after writes took it to 64 KiB or more; smaller amounts need not be told.
   * Who stops writing to a link that is full goes on here.
   */
  drained?(link: Link): void;
  /** Called exactly once, also when a dial fails. */
  closed(link: Link, reason: string): void;
}

export interface Listener {
  /** The port in use, for a listener that asked for port 0. */
  readonly port: number;
  close(): void;
}

export interface Network {
  /** `failed` is called when the address cannot be bound. */
  listen(
    address: ListenAddress,
    accept: (link: Link) => LinkHandlers,
    failed: (reason: string) => void,
  ): Listener;
  dial(address: DialAddress, timeoutMs: number, handlers: LinkHandlers): Link;
}

/** One step of a batch; a batch is carried out in order, and stops at the first failure. */
export type DiskOperation =
  | {
      readonly type: 'append';
      readonly path: string;
      readonly chunks: readonly Buffer[];
      /** Where the file ends before. An append that failed half-way can be cut off there and done again. */
      readonly position: number;
    }
  /** Makes the file's content and length durable (fdatasync). */
  | { readonly type: 'sync'; readonly path: string }
  /** Makes names in the directory durable: needed after create, rename and remove. */
  | { readonly type: 'syncDirectory'; readonly path: string }
  /** Creates or replaces the whole file. */
  | { readonly type: 'write'; readonly path: string; readonly bytes: Buffer }
  | { readonly type: 'rename'; readonly from: string; readonly to: string }
  | { readonly type: 'truncate'; readonly path: string; readonly size: number }
  | { readonly type: 'remove'; readonly path: string }
  | { readonly type: 'makeDirectory'; readonly path: string };

/** Why a batch stopped: `code` is Node's (`ENOSPC`, `EIO`). */
export interface DiskError extends NodeJS.ErrnoException {
  /** Those before it were carried out, it may have been in part, and those behind it were not. */
  readonly operationIndex?: number;
}

/**
 * Batches of one lane are carried out one after the other; lanes do not wait for each other. Everything that
 * somebody waits for goes over `log`; `background` takes files that nobody knows yet.
 */
export type DiskLane = 'log' | 'background';

export interface Disk {
  /** Names in a directory, sorted; empty when it does not exist. Start-up only: it blocks. */
  list(directory: string): readonly string[];
  /** Null when there is no such file. Start-up only: it blocks. */
  read(path: string): Buffer | null;
  submit(
    operations: readonly DiskOperation[],
    done: (error: DiskError | null) => void,
    lane?: DiskLane,
  ): void;
}

export interface LogSink {
  (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
}

/** What of zlib a server needs: Apache ZooKeeper compresses snapshots with it. */
export interface Compression {
  /** One gzip member. */
  gzip(bytes: Buffer): Buffer;
  /** All members; throws on anything that is not gzip. */
  gunzip(bytes: Buffer): Buffer;
}

export interface ServerPorts {
  /** Undefined: operators are told nothing of process and machine. */
  readonly host?: Host;
  readonly clock: Clock;
  readonly network: Network;
  readonly disk: Disk;
  /** Undefined: compressed snapshots can neither be read nor written. */
  readonly compression?: Compression;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: LogSink;
  readonly trace: ((event: Readonly<Record<string, unknown>>) => void) | undefined;
  /** Nanoseconds of a clock that all servers share, for traces; undefined: there is none. */
  readonly sharedNowNs?: () => number;
  /** Start counter of this process, for traces. */
  readonly incarnation?: number;
  /** Ends the process; never returns to the caller's work. */
  readonly exit: (code: number, reason: string) => void;
}
