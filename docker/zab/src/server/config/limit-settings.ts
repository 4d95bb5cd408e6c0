// How much a client, and all clients together, may ask of this server.

import { defaultMaxFrameBytes } from '../../../../../harness/wire/constants.ts';
import type { ConnectionThrottleConfig } from '../connection-throttle.ts';
import { largestInt, largestLong, type PropertyReader } from './property-reader.ts';

export interface LimitSettings {
  /** Connections of one client address; 0 = no limit. */
  readonly maxClientConnections: number;
  /** Connections of all clients; 0 = no limit. */
  readonly maxConnections: number;
  /** Largest frame a client may send. */
  readonly maxFrameBytes: number;
  /** A connection that has shown no session is closed after this time. */
  readonly sessionlessTimeoutMs: number;
  /** Requests in flight on the whole server beyond which busy connections are not read. */
  readonly globalOutstandingLimit: number;
  /** Requests in flight beyond which new ones wait before they are looked at; 0 = no such limit. */
  readonly throttledRequestCount: number;
  /** A request that waited longer is answered THROTTLEDOP; 0 = never. */
  readonly throttledOpWaitMs: number;
  readonly connectionThrottle: ConnectionThrottleConfig;
  /** Bytes that requests above the threshold may hold together; the threshold −1 = no such limit. */
  readonly largeRequestMaxBytes: number;
  readonly largeRequestThresholdBytes: number;
}

export function readLimitSettings(reader: PropertyReader): LimitSettings {
  const count = { least: 0, most: largestInt };
  return {
    maxClientConnections: reader.integer('maxClientCnxns', 60, count),
    maxConnections: reader.integer('maxCnxns', 0, count),
    maxFrameBytes: reader.integer('jute.maxbuffer', defaultMaxFrameBytes, { least: 1024, most: 2 ** 30 }),
    sessionlessTimeoutMs: reader.integer('nio.sessionlessCnxnTimeout', 10_000, {
      least: 1,
      most: largestInt,
    }),
    globalOutstandingLimit: reader.integer('globalOutstandingLimit', 1000, { least: 1, most: largestInt }),
    throttledRequestCount: reader.integer('request_throttle_max_requests', 0, count),
    throttledOpWaitMs: reader.integer('throttled_op_wait_time', 0, count),
    connectionThrottle: {
      tokens: reader.integer('connection_throttle_tokens', 0, count),
      fillMs: reader.integer('connection_throttle_fill_time', 1, { least: 1, most: largestInt }),
      fillCount: reader.integer('connection_throttle_fill_count', 1, count),
    },
    largeRequestMaxBytes: reader.integer('largeRequestMaxBytes', 104_857_600, {
      least: 1,
      most: largestLong,
    }),
    largeRequestThresholdBytes: reader.integer('largeRequestThreshold', -1, { least: -1, most: largestInt }),
  };
}
