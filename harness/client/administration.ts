// What a client needs to change the membership of a running ensemble: who may, and how servers stand in a request.

export interface ServerRole {
  readonly sid: number;
  readonly role: 'participant' | 'observer';
}

export interface Administration {
  /** For the scheme `digest`. */
  readonly credentials: string;
  /** Every server of the run, as it was at the start. */
  readonly members: readonly ServerRole[];
  /** `server.3=host:2888:3888:participant;2181`. */
  readonly lineOf: (member: ServerRole) => string;
}
