// Keys that Apache ZooKeeper 3.8 knows and that change nothing here, with the reason, so that a warning can
// say it. A key whose neglect would weaken security is refused instead, in `ensemble-settings.ts` and
// `access-settings.ts`.

const oneLoop = 'one event loop serves all connections, there are no threads to size';
const jvm = 'there is no Java virtual machine';
const gathered = 'writes are gathered while the disk is busy, and never wait without need';
const inTurns = 'one event loop brings learners up to date in turns';
const nonBlocking = 'sockets are never written to in a blocking way';

export const inapplicableKeys: ReadonlyMap<string, string> = new Map([
  ['serverCnxnFactory', oneLoop],
  ['nio.numSelectorThreads', oneLoop],
  ['nio.numWorkerThreads', oneLoop],
  ['nio.workerShutdownTimeout', oneLoop],
  ['nio.directBufferBytes', oneLoop],
  ['nio.shutdownTimeout', oneLoop],
  ['netty.server.outstandingHandshake.limit', oneLoop],
  ['netty.advancedFlowControl.enabled', oneLoop],
  ['commitProcessor.numWorkerThreads', oneLoop],
  ['commitProcessor.maxReadBatchSize', oneLoop],
  ['commitProcessor.maxCommitBatchSize', oneLoop],
  ['commitProcessor.shutdownTimeout', oneLoop],
  ['quorum.cnxn.threads.size', oneLoop],
  ['jvm.pause.monitor', jvm],
  ['jvm.pause.warn-threshold.ms', jvm],
  ['jvm.pause.info-threshold.ms', jvm],
  ['jvm.pause.sleep.time.ms', jvm],
  ['jmx.log4j.disable', jvm],
  ['DigestAuthenticationProvider.enabled', 'the digest scheme is always on'],
  ['leader.nodelay', 'connections between servers never wait to fill a packet'],
  ['follower.nodelay', 'connections between servers never wait to fill a packet'],
  ['learner.asyncSending', nonBlocking],
  ['learner.closeSocketAsync', nonBlocking],
  ['leader.closeSocketAsync', nonBlocking],
  ['multiAddress.reachabilityCheckEnabled', 'an address is tried by dialling it'],
  ['multiAddress.reachabilityCheckTimeoutMs', 'an address is tried by dialling it'],
  ['cnxTimeout', 'a dial to another server is given 5 s at most'],
  ['quorumCnxnTimeoutMs', 'silent election connections are replaced'],
  ['connectToLearnerMasterLimit', 'a dial to the leader is given 5 s or initLimit, whichever is less'],
  [
    'electionPortBindRetry',
    'a port that cannot be bound ends the process, and its supervisor starts it again',
  ],
  ['observer.reconnectDelayMs', 'an observer looks for its leader again at once'],
  ['observer.election.DelayMs', 'an observer looks for its leader again at once'],
  ['leader.maxConcurrentSnapSyncs', inTurns],
  ['leader.maxConcurrentDiffSyncs', inTurns],
  ['flushDelay', gathered],
  ['maxWriteQueuePollTime', gathered],
  ['maxBatchSize', gathered],
  ['request_throttle_stall_time', 'a request that waits is looked at as soon as another is answered'],
  ['request_throttle_drop_stale', 'requests of closed connections are always dropped'],
  ['maxResponseCacheSize', 'replies are not cached'],
  ['maxGetChildrenResponseCacheSize', 'replies are not cached'],
  ['admin.httpVersion', 'the AdminServer speaks HTTP/1.1'],
  ['metricsProvider.exportJvmInfo', jvm],
  ['metricsProvider.numWorkerThreads', oneLoop],
  ['metricsProvider.maxQueueSize', oneLoop],
  ['metricsProvider.workerShutdownTimeoutMs', oneLoop],
  ['serializeLastProcessedZxid.enabled', 'snapshots are those of ZooKeeper 3.8'],
  ['learner.snapshotSizeLimit', 'a snapshot is sent as a stream'],
  ['sessionTrackerSnapshotInterval', 'sessions are part of every snapshot'],
  ['watchManagerName', 'there is one implementation of watches'],
  ['watcherCleanThreadsNum', 'watches of a closed connection go with it at once'],
  ['watcherCleanThreshold', 'watches of a closed connection go with it at once'],
  ['watcherCleanIntervalInSeconds', 'watches of a closed connection go with it at once'],
  ['maxInProcessingDeadWatchers', 'watches of a closed connection go with it at once'],
  ['jute.maxbuffer.extrasize', 'strings and buffers are bounded by the frame that they come in'],
  ['bitHashCacheSize', 'there is one implementation of watches'],
  ['learner.closeSocketTimeout', nonBlocking],
]);

export const inapplicablePrefixes: readonly (readonly [prefix: string, reason: string])[] = [
  ['authProvider.', 'Java classes cannot be loaded; the schemes are world, auth, digest, ip and super'],
  [
    'connection_',
    'connections are throttled by maxClientCnxns, maxCnxns and connection_throttle_tokens, each for one',
  ],
];
