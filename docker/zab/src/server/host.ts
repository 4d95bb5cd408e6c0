// What operators are told of the process and the machine. `io/node-host.ts` looks it up; the simulated world and
// the tests have nothing to tell. Only operators' commands ask, so that looking it up may take a moment.

export interface Host {
  readonly hostName: string;
  /** Names and values as in Apache ZooKeeper's `envi`, without those of the server itself. */
  environment(): readonly (readonly [name: string, value: string])[];
  openFileCount(): number;
  maxFileCount(): number;
  /** Of the files directly in a directory; 0 when there is none. */
  directoryBytes(path: string): number;
  /** For Prometheus, by its usual names. */
  processMetrics(): readonly (readonly [name: string, type: 'gauge' | 'counter', value: number])[];
}

export const unknownHost: Host = {
  hostName: 'localhost',
  environment: () => [],
  openFileCount: () => -1,
  maxFileCount: () => -1,
  directoryBytes: () => 0,
  processMetrics: () => [],
};
