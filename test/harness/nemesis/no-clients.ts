import type { ClientFaults } from '../../../harness/client/client-faults.ts';

/** For faults that leave clients alone. */
export const noClients: ClientFaults = {
  sessionTimeoutMs: 1000,
  connected: () => [],
  drop: () => {},
  kill: () => {},
  setSilent: () => {},
};
