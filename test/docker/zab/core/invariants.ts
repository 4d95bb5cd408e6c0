// The invariants of ZAB, checked at every trace event of a test network against what is really on its disks.

import assert from 'node:assert/strict';
import type { TraceEvent } from '../../../../docker/zab/src/core/trace.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { counterOf, epochOf } from '../../../../harness/wire/zxid.ts';
import type { TestNetwork, TestServer } from './test-network.ts';
import { zxid as show } from './transcript.ts';

export class Invariants {
  readonly #network: TestNetwork;
  /** Every committed transaction, in order, with its hash. */
  readonly committed: number[] = [];
  readonly #hashes = new Map<number, number>();
  readonly #leaders = new Map<string, number>();
  readonly #countedAcks = new Map<string, number>();
  /** What each running server's log holds in memory. */
  readonly #logs = new Map<number, number[]>();
  /** How many transactions were committed when a sync began. */
  readonly #syncs = new Map<number, number>();
  /** The configuration in force on each running server. */
  readonly #active = new Map<number, number>();
  /** Voters of each configuration, by version. */
  readonly configurations = new Map<number, readonly number[]>();
  readonly counts = new Map<string, number>();

  constructor(network: TestNetwork) {
    this.#network = network;
    const voters = network.membership.members.filter((member) => member.role === 'participant');
    this.configurations.set(
      0,
      voters.map((member) => member.sid),
    );
  }

  started(server: TestServer, tail: readonly TxnRecord[]): void {
    this.#active.delete(server.sid);
    const applied = server.database?.applied ?? [];
    this.#logs.set(server.sid, [...applied, ...tail.map((record) => record.header.zxid)]);
  }

  observe(server: TestServer, event: TraceEvent): void {
    const { sid } = server;
    const zxid = 'zxid' in event ? Number(event.zxid) : NaN;
    const log = this.#logs.get(sid) ?? [];
    this.count(event.event === 'SYNC_SEND' ? String(event['mode']) : event.event);
    switch (event.event) {
      case 'PROPOSE':
        assert.equal(this.#hashes.has(zxid), false, `${show(zxid)} is proposed once`);
        this.#hashes.set(zxid, event.hash);
        break;
      case 'APPEND': {
        const last = log.at(-1) ?? 0;
        assert.equal(event['hash'], this.#hashes.get(zxid), 'what is logged was proposed');
        assert.ok(zxid === last + 1 || (counterOf(zxid) === 1 && epochOf(zxid) > epochOf(last)), 'no gap');
        log.push(zxid);
        break;
      }
      case 'STEP_DOWN':
        if (String(event['reason']).includes('in the new configuration')) this.count('designated');
        break;
      case 'TRUNC': {
        const removed = log.splice(log.findLastIndex((logged) => logged <= zxid) + 1);
        if (removed.some((logged) => this.configurations.has(logged))) this.count('aborted');
        this.#assertNoneCommitted(server, removed);
        break;
      }
      case 'SNAP_INSTALL': {
        const installed = server.database?.applied ?? [];
        const removed = log.filter((logged) => !installed.includes(logged));
        this.#assertNoneCommitted(server, removed);
        this.#logs.set(sid, [...installed]);
        break;
      }
      case 'EPOCH_ACK':
        if (event['counted'] === true)
          this.#onlyOne(this.#countedAcks, `${sid} ${event['epoch']}`, Number(event['leader']));
        break;
      case 'ESTABLISH':
        this.#onlyOne(this.#leaders, `established ${event['epoch']}`, sid);
        this.#assertQuorum(server, event['ackers']);
        break;
      case 'ACTIVATE':
        this.#onlyOne(this.#leaders, `active ${event['epoch']}`, sid);
        this.#assertQuorum(server, event['ackers']);
        // A leader that was paused may get its quorum of old acknowledgements when later epochs are active
        // already; what those have committed is none of its business.
        assert.deepEqual(
          this.committed.filter((committed) => epochOf(committed) < Number(event['epoch'])),
          log.slice(
            0,
            this.committed.filter((committed) => epochOf(committed) < Number(event['epoch'])).length,
          ),
          'leader completeness',
        );
        for (const logged of log) this.#commit(logged, this.#versionsOf(server));
        break;
      case 'CONFIG_PROPOSED':
      case 'CONFIG': {
        const voters = event['voters'] as readonly number[];
        assert.deepEqual(this.configurations.get(zxid) ?? voters, voters, 'a version has one meaning');
        this.configurations.set(zxid, voters);
        if (event.event === 'CONFIG') this.#activated(sid, zxid);
        break;
      }
      case 'COMMIT_DECIDE':
        for (const voter of event.ackers) {
          assert.ok(this.#votersOf(event['configs']).includes(voter), `server ${voter} has a vote`);
        }
        if ((event['configs'] as readonly number[]).length > 1) this.count('joint commit');
        this.#commit(zxid, event['configs'] as readonly number[]);
        break;
      case 'ACK_SEND':
        assert.ok(server.disk.holds(zxid), `server ${sid} acknowledges only what is durable`);
        break;
      case 'NEWLEADER_ACK':
        for (const logged of log) {
          if (logged > Number(event['durableZxid'])) break;
          assert.ok(
            server.disk.holds(logged),
            `server ${sid} has all of its log when it acknowledges NEWLEADER`,
          );
        }
        assert.equal(server.disk.currentEpoch, event['epoch']);
        break;
      case 'APPLY': {
        const applied = server.database?.applied ?? [];
        assert.deepEqual(
          applied,
          this.committed.slice(0, applied.length),
          'what is applied is committed, in order',
        );
        break;
      }
      case 'SYNC_RECV':
        this.#syncs.set(event.id, this.committed.length);
        break;
      case 'SYNC_DONE': {
        const before = this.#syncs.get(event.id) ?? Infinity;
        const appliedCount = server.database?.applied.length ?? 0;
        assert.ok(appliedCount >= before, `sync at ${sid} shows ${appliedCount} of ${before} transactions`);
        break;
      }
      default:
        break;
    }
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  #commit(zxid: number, versions: readonly number[]): void {
    // A deposed leader may still learn that a quorum has what its successor has committed already.
    if (this.committed.includes(zxid)) return;
    assert.ok(zxid > (this.committed.at(-1) ?? 0), 'commits are in order');
    const holders = [...this.#network.servers.values()].filter((server) => server.disk.holds(zxid));
    for (const version of versions) {
      assert.ok(
        this.#isQuorum(
          holders.map((server) => server.sid),
          version,
        ),
        `${show(zxid)} is committed and durable only on ${holders.map((server) => server.sid).join(' ')}`,
      );
    }
    this.committed.push(zxid);
  }

  #assertNoneCommitted(server: TestServer, removed: readonly number[]): void {
    const lost = removed.filter((zxid) => this.committed.includes(zxid)).map(show);
    assert.deepEqual(lost, [], `server ${server.sid} keeps what is committed`);
  }

  #assertQuorum(server: TestServer, sids: unknown): void {
    for (const version of this.#versionsOf(server)) {
      assert.ok(Array.isArray(sids) && this.#isQuorum(sids as number[], version), 'a quorum');
    }
  }

  #versionsOf({ peer }: TestServer): readonly number[] {
    const { current, pending } = peer?.configuration ?? { current: this.#network.membership, pending: null };
    return pending === null ? [current.version] : [current.version, pending.version];
  }

  /** Counted here, and not by the code that is under test. */
  #isQuorum(sids: readonly number[], version: number): boolean {
    const voters = this.configurations.get(version);
    assert.ok(voters, `configuration ${show(version)} was proposed`);
    return voters.filter((voter) => sids.includes(voter)).length * 2 > voters.length;
  }

  #votersOf(versions: unknown): readonly number[] {
    return (versions as readonly number[]).flatMap((version) => this.configurations.get(version) ?? []);
  }

  #activated(sid: number, version: number): void {
    const before = this.#active.get(sid) ?? 0;
    assert.ok(version > before, `server ${sid} goes from configuration ${show(before)} to ${show(version)}`);
    this.#active.set(sid, version);
  }

  #onlyOne(map: Map<string, number>, key: string, sid: number): void {
    const other = map.get(key) ?? sid;
    map.set(key, sid);
    assert.equal(other, sid, `only one server: ${key}`);
  }
}
