// Ephemerals of recipes, and until which zxid each is known to have been there: its session asked for a further
// write and got it, a list showed it, its delete was carried out. A session that is never heard of again may have
// ended right after, so that nothing is claimed beyond the last proof. All of it is about the order of the zxids:
// what a client believes while its session expires is not judged.

import type { Call } from '../../harness/history/pairing.ts';

export interface Presence {
  readonly name: string;
  readonly session: string;
  /** Of its create. */
  readonly czxid: number;
  readonly create: Call;
  /** It was there as of this zxid. */
  provenZxid: number;
  /** What says so. */
  proof: Call;
  /** Its delete has been asked for, so that the life of its session proves nothing any more. */
  isLeaving: boolean;
}

export class Presences {
  readonly #bySession = new Map<string, Presence[]>();
  readonly #lastWrites = new Map<string, Call>();

  arrive({
    name,
    session,
    czxid,
    create,
  }: Pick<Presence, 'name' | 'session' | 'czxid' | 'create'>): Presence {
    const presence: Presence = {
      name,
      session,
      czxid,
      create,
      provenZxid: czxid,
      proof: create,
      isLeaving: false,
    };
    const present = this.#bySession.get(session);
    if (present === undefined) this.#bySession.set(session, [presence]);
    else present.push(presence);
    return presence;
  }

  /** A write of the session took place, so it was alive, and with it all its ephemerals. */
  wrote(session: string, zxid: number, call: Call): void {
    this.#lastWrites.set(session, call);
    for (const presence of this.#bySession.get(session) ?? []) prove(presence, zxid, call);
  }

  /** A delete was asked for, whatever came of it. */
  leave(presence: Presence): void {
    presence.isLeaving = true;
    const present = this.#bySession.get(presence.session) ?? [];
    const index = present.indexOf(presence);
    if (index >= 0) present.splice(index, 1);
  }

  /** The end of a session was asked for; it was alive until the zxid of the close, where that was confirmed. */
  end(session: string, zxid: number | null, call: Call): void {
    if (zxid !== null) this.wrote(session, zxid - 1, call);
    for (const presence of this.#bySession.get(session) ?? []) presence.isLeaving = true;
    this.#bySession.delete(session);
  }

  /** The last write that the session asked for and got. */
  lastWriteOf(session: string): Call | undefined {
    return this.#lastWrites.get(session);
  }
}

export function prove(presence: Presence, zxid: number, call: Call): void {
  if (zxid <= presence.provenZxid) return;
  presence.provenZxid = zxid;
  presence.proof = call;
}
