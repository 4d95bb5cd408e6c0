import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { defaultRunOptions } from '../../../harness/run/run-options.ts';
import { run } from '../../../harness/run/run.ts';
import { MessageLog } from '../../../harness/simulation/message-log.ts';

const options = { ...defaultRunOptions, seed: 3, servers: 3, nemeses: ['partition'], timeLimitMs: 6000 };

describe('message log', () => {
  it('sees the protocol, and a run that is watched is the same run', async () => {
    const log = new MessageLog();

    const unwatched = await run(options, { keepsFiles: false });
    const watched = await run(options, { keepsFiles: false, messages: log });

    assert.equal(watched.traceHash, unwatched.traceHash);
    const kinds = new Set(log.messages.map(({ kind }) => kind));
    for (const kind of ['VOTE', 'FOLLOWERINFO', 'NEWLEADER', 'UPTODATE', 'PROPOSAL', 'ACK', 'COMMIT'])
      assert.ok(kinds.has(kind), `no ${kind}`);
    assert.ok(!kinds.has('PING') && !kinds.has('unknown'));
  });

  it('tells when each was sent and arrived, and which never did', async () => {
    const log = new MessageLog();

    await run(options, { keepsFiles: false, messages: log });

    const lost = log.messages.filter(({ arrivedNs }) => arrivedNs === null);
    const arrived = log.messages.filter(({ arrivedNs }) => arrivedNs !== null);
    assert.ok(lost.length > 0, 'a partition loses what its connections held');
    for (const { sentNs, arrivedNs, from, to } of arrived) {
      assert.ok((arrivedNs ?? 0) > sentNs);
      assert.ok([1, 2, 3].includes(from) && [1, 2, 3].includes(to) && from !== to);
    }
    const [proposal] = log.messages.filter(({ kind }) => kind === 'PROPOSAL');
    const answer = log.messages.find(({ kind, zxid }) => kind === 'ACK' && zxid === proposal?.zxid);
    assert.ok(answer !== undefined && proposal !== undefined && answer.sentNs > proposal.sentNs);
  });
});
