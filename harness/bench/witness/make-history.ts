// Makes the history of a run that never was, of any length and in no more memory than its state: processes that
// overlap, servers that lag, conditional writes that are refused, replies that are lost. What it tells is true, so
// every guarantee holds; one seed is one history.

import type { Operation } from '../../history/operation.ts';
import { Random } from '../../random/random.ts';
import { RegisterState } from './register-state.ts';
import type { Made } from './register-state.ts';

export interface MadeHistoryOptions {
  readonly operations: number;
  readonly processes: number;
  /** Of all calls, those whose reply is lost. */
  readonly lostRatio: number;
  readonly seed: number;
}

type Entry = Omit<Operation, 'index' | 'time'>;

/** An entry with its time, in the order of time. */
export type TimedEntry = Entry & { readonly time: number };

const registerCount = 8;
const serverCount = 5;
const setPath = '/set';
/** Of a hundred calls. */
const shares = { read: 30, 'sync-read': 20, write: 28, cas: 20 } as const;
const serviceNs = { least: 500_000, most: 20_000_000 };
/** As many transactions may a server be behind. */
const mostBehind = 12;

export function* makeHistory(options: MadeHistoryOptions): Generator<TimedEntry, void, undefined> {
  const made = new MadeHistory(options);
  yield* made.calls();
  yield* made.finalReads();
}

interface Client {
  process: number;
  readonly session: string;
  readonly server: number;
  /** The highest zxid that the session has seen. */
  zxid: number;
  /** Of the call under way. */
  call: { readonly f: string; readonly path: string; readonly value: number; readonly expected: number };
  step: 'invoke' | 'apply' | 'complete';
  dueNs: number;
  ending: Omit<Entry, 'process' | 'f'> | null;
  /** What it saw last, for its conditional writes. */
  seen: { readonly path: string; readonly version: number };
}

class MadeHistory {
  readonly #random: Random;
  readonly #options: MadeHistoryOptions;
  readonly #state = new RegisterState(registerCount, mostBehind * 4);
  readonly #clients: Client[];
  #processes: number;
  #lastValue = 0;
  readonly #elements: number[] = [];
  #nowNs = 0;

  constructor(options: MadeHistoryOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#processes = options.processes;
    this.#clients = Array.from({ length: options.processes }, (_, process) => this.#makeClient(process));
  }

  *calls(): Generator<TimedEntry, void, undefined> {
    let begun = 0;
    let ended = 0;
    while (ended < this.#options.operations) {
      const client = this.#nextClient();
      this.#nowNs = client.dueNs;
      if (client.step === 'invoke') {
        if (begun === this.#options.operations) {
          client.dueNs = Infinity;
          continue;
        }
        begun++;
        yield this.#invoke(client);
      } else if (client.step === 'apply') {
        client.ending = this.#apply(client);
        this.#schedule(client, 'complete');
      } else {
        ended++;
        yield this.#complete(client);
      }
    }
  }

  *finalReads(): Generator<TimedEntry, void, undefined> {
    yield this.#note('heal', { boundMs: 10_000 });
    yield this.#note('recovered', { elapsedMs: 1 });
    for (let server = 1; server <= serverCount; server++) {
      const process = this.#processes++;
      const session = (0xff00 + server).toString(16).padStart(16, '0');
      const reply = {
        process,
        type: 'ok',
        f: 'final-read',
        zxid: this.#state.zxid,
        session,
        server,
      } as const;
      for (const path of this.#state.paths) {
        yield this.#entry({ process, type: 'invoke', f: 'final-read', value: [path, null] });
        yield this.#entry({ ...reply, ...shown(path, this.#state.at(path, this.#state.zxid)) });
      }
      yield this.#entry({ process, type: 'invoke', f: 'final-read', value: [setPath, null] });
      yield this.#entry({ ...reply, value: [setPath, this.#elements] });
    }
  }

  #invoke(client: Client): TimedEntry {
    const draw = this.#random.below(100);
    const path = this.#random.pick(this.#state.paths);
    const { f, key } = this.#choose(draw, path, client);
    const value = ++this.#lastValue;
    const expected = client.seen.version;
    client.call = { f, path: key, value, expected };
    const asked = f === 'cas' ? { version: expected, value } : f.endsWith('read') ? null : value;
    this.#schedule(client, 'apply');
    return this.#entry({ process: client.process, type: 'invoke', f, value: [key, asked] });
  }

  #choose(draw: number, path: string, { seen }: Client): { readonly f: string; readonly key: string } {
    let bound = 0;
    for (const [f, share] of Object.entries(shares)) {
      bound += share;
      if (draw < bound) return { f, key: f === 'cas' ? seen.path : path };
    }
    return { f: 'add', key: setPath };
  }

  /** What the call comes to; and what it changes, though nobody may be told. */
  #apply(client: Client): Omit<Entry, 'process' | 'f'> {
    const { f, path, value, expected } = client.call;
    const isLost = this.#random.chance(this.#options.lostRatio);
    const asked = f === 'cas' ? [path, { version: expected, value }] : [path, value];
    if (isLost && this.#random.chance(0.5)) return { type: 'info', value: asked, error: 'connection loss' };
    const done = this.#perform(client);
    return isLost ? { type: 'info', value: asked, error: 'connection loss' } : done;
  }

  #perform(client: Client): Omit<Entry, 'process' | 'f'> {
    const { f, path, value, expected } = client.call;
    const { session, server } = client;
    const state = this.#state;
    if (f === 'read' || f === 'sync-read') {
      const least =
        f === 'read' ? Math.max(client.zxid, state.zxid - this.#random.below(mostBehind)) : state.zxid;
      const reply = { type: 'ok', zxid: least, session, server } as const;
      return { ...reply, ...shown(path, state.at(path, least)) };
    }
    if (f === 'cas' && state.at(path, state.zxid).version !== expected) {
      const zxid = state.refuse();
      return {
        type: 'fail',
        value: [path, { version: expected, value }],
        error: 'BADVERSION',
        zxid,
        session,
        server,
      };
    }
    if (f === 'add') {
      this.#elements.push(value);
      return { type: 'ok', value: [path, value], zxid: state.refuse(), session, server };
    }
    const written = state.write(path, value, this.#nowNs);
    return { type: 'ok', session, server, zxid: written.mzxid, ...shown(path, written) };
  }

  #complete(client: Client): TimedEntry {
    const { ending, call, process } = client;
    if (ending === null) throw new Error('a call ends before it is performed');
    client.zxid = Math.max(client.zxid, ending.zxid ?? 0);
    if (ending.version !== undefined) client.seen = { path: call.path, version: ending.version };
    if (ending.type === 'info') client.process = this.#processes++;
    this.#schedule(client, 'invoke');
    return this.#entry({ process, f: call.f, ...ending });
  }

  #makeClient(process: number): Client {
    return {
      process,
      session: (0x1000 + process).toString(16).padStart(16, '0'),
      server: 1 + (process % serverCount),
      zxid: this.#state.zxid,
      call: { f: '', path: '', value: 0, expected: 0 },
      step: 'invoke',
      dueNs: this.#random.below(serviceNs.most),
      ending: null,
      seen: { path: this.#state.paths[0] ?? '', version: 0 },
    };
  }

  #nextClient(): Client {
    let next = this.#clients[0] as Client;
    for (const client of this.#clients) if (client.dueNs < next.dueNs) next = client;
    return next;
  }

  #schedule(client: Client, step: Client['step']): void {
    client.step = step;
    client.dueNs = this.#nowNs + serviceNs.least + this.#random.below(serviceNs.most);
  }

  #entry(entry: Entry): TimedEntry {
    return { ...entry, time: this.#nowNs };
  }

  #note(f: string, value: unknown): TimedEntry {
    return this.#entry({ process: 'nemesis', type: 'info', f, value });
  }
}

function shown(path: string, { value, version, stat }: Made): Pick<Entry, 'value' | 'version' | 'stat'> {
  return { value: [path, value], version, stat };
}
