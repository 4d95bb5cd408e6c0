// What each session receives, in the order of arrival, as plain values for the history. It is taken from the client
// itself, because the promises of the requests do not tell whether an event came before a reply or behind it.

import type { JournalEntry } from '../checkers/watches/watch-history.ts';
import type { Arrival, Client } from '../harness/client/client.ts';
import { ErrorCode } from '../harness/wire/constants.ts';
import type { ClientRequest } from '../harness/wire/records.ts';

/** One for each client, whichever workload of a run asks: two journals would tell everything twice. */
const entriesOf = new WeakMap<Client, JournalEntry[]>();

export class WatchJournal {
  readonly #root: string;

  /** Znodes below `root` are watched; of other requests only the zxid is kept, of other events nothing. */
  constructor(root: string) {
    this.#root = root;
  }

  /** From the first call on, what the client receives is kept. */
  follow(client: Client): void {
    if (entriesOf.has(client)) return;
    const entries: JournalEntry[] = [];
    entriesOf.set(client, entries);
    client.onArrival((arrival) => {
      const kept = entriesOf.get(client) ?? entries;
      kept.push(...this.#entriesOf(arrival));
    });
  }

  /** All that came since the last call. */
  take(client: Client): readonly JournalEntry[] {
    const taken = entriesOf.get(client) ?? [];
    entriesOf.set(client, []);
    return taken;
  }

  #entriesOf(arrival: Arrival): JournalEntry[] {
    switch (arrival.type) {
      case 'event': {
        // The same session may have watches of other workloads.
        const { type, path } = arrival.event;
        return path.startsWith(this.#root) ? [{ got: 'event', event: type, path }] : [];
      }
      case 'attached':
        return [{ got: 'attached' }];
      case 'lost':
      case 'restored':
        return [{ got: arrival.type, zxid: arrival.zxid }];
      case 'reply':
        return this.#ofReply(arrival);
    }
  }

  #ofReply({ request, zxid, err, body }: Extract<Arrival, { type: 'reply' }>): JournalEntry[] {
    const path = 'path' in request ? (request.path ?? '') : '';
    if (!path.startsWith(this.#root)) return [{ got: 'reply', op: request.type, zxid }];
    const stat = 'stat' in body ? { czxid: body.stat.czxid, mzxid: body.stat.mzxid } : {};
    const reply = { got: 'reply', op: `${request.type} ${path}`, path, zxid, ...stat } as const;
    const arms = armedBy(request, err);
    return arms === null ? [reply] : [reply, { got: 'watch', arms, path }];
  }
}

function armedBy(
  request: ClientRequest,
  err: number,
): Extract<JournalEntry, { got: 'watch' }>['arms'] | null {
  if (request.type === 'exists' && request.watch && err === ErrorCode.NO_NODE) return 'exist';
  if (err !== ErrorCode.OK) return null;
  switch (request.type) {
    case 'exists':
    case 'getData':
      return request.watch ? 'data' : null;
    case 'getChildren':
    case 'getChildren2':
      return request.watch ? 'child' : null;
    case 'addWatch':
      return request.mode === 0 ? 'persistent' : 'recursive';
    default:
      return null;
  }
}
