// A session id is 64 bits that a double cannot carry, so it travels as sixteen lower-case hex digits:
// exact, usable as a Map key, and readable in traces. `JuteReader.readSessionId` makes them.

/** Sixteen lower-case hex digits, most significant first. */
export type SessionId = string;

/** The id of "no session": new sessions in a ConnectRequest, the owner of a persistent znode. */
export const noSession: SessionId = '0000000000000000';
