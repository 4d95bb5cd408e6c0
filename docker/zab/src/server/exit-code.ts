// What a server process ends with, as Apache ZooKeeper's does.

export const ExitCode = {
  FINISHED: 0,
  /** The data cannot be loaded, the disk failed, the client port is taken. */
  UNEXPECTED: 1,
  /** A wrong command line, zoo.cfg or myid. */
  BAD_CONFIGURATION: 2,
  /** A server alone, whose AdminServer could not listen. */
  ADMIN_SERVER_FAILED: 4,
  CANNOT_BIND_ELECTION_PORT: 14,
} as const;
