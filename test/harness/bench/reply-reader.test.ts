import assert from 'node:assert/strict';
import { ReplyReader } from '../../../harness/bench/reply-reader.ts';
import {
  decodeConnectResponse,
  encodeConnectResponseFrame,
  encodeReplyFrame,
} from '../../../harness/wire/client-codec.ts';

const stat = {
  czxid: 1,
  mzxid: 2,
  ctime: 3,
  mtime: 4,
  version: 5,
  cversion: 6,
  aversion: 7,
  ephemeralOwner: '0000000000000000',
  dataLength: 8,
  numChildren: 9,
  pzxid: 10,
};

const greeting = encodeConnectResponseFrame({
  protocolVersion: 0,
  timeoutMs: 30_000,
  sessionId: '0000000000000007',
  password: Buffer.alloc(16),
  readOnly: false,
});

describe('reply reader', () => {
  it('finds the same replies however the bytes are cut', () => {
    const data = Buffer.alloc(40, 0xff);
    const bytes = Buffer.concat([
      greeting,
      encodeReplyFrame({ xid: 1, zxid: 5, err: 0 }, { type: 'data', data, stat }),
      encodeReplyFrame({ xid: 2, zxid: 5, err: -101 }, { type: 'none' }),
      encodeReplyFrame({ xid: 3, zxid: 6, err: 0 }, { type: 'stat', stat }),
    ]);
    const whole = read([bytes]);

    assert.deepEqual(whole, ['0000000000000007', '1 0', '2 -101', '3 0']);
    for (let cut = 1; cut < bytes.length; cut++) {
      assert.deepEqual(read([bytes.subarray(0, cut), bytes.subarray(cut)]), whole, `cut at ${cut}`);
    }
    assert.deepEqual(read(Array.from(bytes, (byte) => Buffer.from([byte]))), whole);
  });

  it('begins again with a handshake after a reset', () => {
    const seen: string[] = [];
    const reader = readerInto(seen);
    const reply = encodeReplyFrame({ xid: 1, zxid: 5, err: 0 }, { type: 'stat', stat });
    reader.push(Buffer.concat([greeting, reply.subarray(0, 30)]));

    reader.reset();
    reader.push(Buffer.concat([greeting, reply]));

    assert.deepEqual(seen, ['0000000000000007', '1 0', '0000000000000007', '1 0']);
  });
});

/** Every chunk in the same memory, as the load's connections read them. */
function read(chunks: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const reader = readerInto(seen);
  const memory = Buffer.alloc(1024);
  for (const chunk of chunks) {
    memory.fill(0xee);
    memory.set(chunk);
    reader.push(memory.subarray(0, chunk.length));
  }
  return seen;
}

function readerInto(seen: string[]): ReplyReader {
  return new ReplyReader({
    greeted: (body) => void seen.push(decodeConnectResponse(body).sessionId),
    replied: (xid, err) => void seen.push(`${xid} ${err}`),
  });
}
