import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import {
  decodeConnectRequest,
  decodeConnectResponse,
  decodeReplyBody,
  decodeReplyHeader,
  decodeRequestBody,
  decodeRequestHeader,
  decodeWatcherEvent,
  encodeConnectRequestFrame,
  encodeConnectResponseFrame,
  encodeReplyFrame,
  encodeRequestBody,
  encodeRequestFrame,
  encodeWatcherEventFrame,
  opcodeOf,
  requestNameOf,
  UnknownOpcodeError,
} from '../../../harness/wire/client-codec.ts';
import { FrameDecoder } from '../../../harness/wire/frame.ts';
import { JuteError } from '../../../harness/wire/jute.ts';
import type {
  ClientRequest,
  ConnectRequest,
  ConnectResponse,
  RequestName,
} from '../../../harness/wire/records.ts';
import { assertFields, type Fields, loadConnections, type VectorFrame } from './vectors.ts';
import { replyShape, requestShape } from './vector-shape.ts';

const connections = loadConnections(
  'client-java-main.json',
  'client-java-watch.json',
  'client-kazoo.json',
  'client-raw.json',
  'client-readonly-local.json',
  'client-reconfig.json',
  'client-standalone.json',
);

/** A frame of the vectors with what is needed to decode it and to encode it again. */
interface Case {
  readonly frame: VectorFrame;
  readonly decode: (body: Buffer) => unknown;
  readonly encode: (body: Buffer) => Buffer;
}

const cases = { connect: [], request: [], reply: [], event: [] } as Record<string, Case[]>;
/** Requests that the server of the vectors answered with MARSHALLING_ERROR or UNIMPLEMENTED. */
const refused: VectorFrame[] = [];
/** A handshake whose lastZxidSeen no ensemble reaches; the server of the vectors closed the connection. */
const farAhead: VectorFrame[] = [];

for (const connection of connections) {
  const requestOfXid = new Map<number, RequestName>();
  for (const frame of connection.frames) {
    if (frame.decoded === undefined) continue;
    const body = frame.bytes.subarray(4);
    if (isFarAhead(frame)) farAhead.push(frame);
    else if (frame.name === 'ConnectRequest') cases['connect']?.push(connectRequestCase(frame));
    else if (frame.name === 'ConnectResponse') cases['connect']?.push(connectResponseCase(frame));
    else if (frame.dir === 'C>S') {
      const { xid, opcode } = decodeRequestHeader(body);
      const type = requestNameOf(opcode);
      if (type !== null) requestOfXid.set(xid, type);
      if (isRefused(frame)) refused.push(frame);
      else cases['request']?.push(requestCase(frame));
    } else {
      const { xid } = decodeReplyHeader(body);
      if (xid === -1) cases['event']?.push(eventCase(frame));
      else cases['reply']?.push(replyCase(frame, requestOfXid.get(xid) ?? 'ping'));
    }
  }
}

function isFarAhead(frame: VectorFrame): boolean {
  return (frame.decoded as Fields)['lastZxidSeen'] === '0x7fffffff00000000';
}

function isRefused(frame: VectorFrame): boolean {
  const { body } = frame.decoded as Fields;
  if (typeof body === 'string' || (body as Fields | null)?.['raw'] !== undefined) return true;
  return /null path|multiRead with/.test(frame.name) && !frame.name.startsWith('sync');
}

/** Wire and vectors disagree about null strings on purpose: the harness carries a null path as ''. */
function withoutNullPath(fields: unknown): unknown {
  const prefixPath = (fields as Fields | null)?.['prefixPath'];
  return prefixPath === null ? { ...(fields as Fields), prefixPath: '' } : fields;
}

function carriesNullPath(frame: VectorFrame): boolean {
  const { body } = frame.decoded as Fields;
  return withoutNullPath(body) !== body;
}

function connectRequestCase(frame: VectorFrame): Case {
  return {
    frame,
    decode: (body) => {
      const { timeoutMs, password, ...fields } = decodeConnectRequest(body);
      return { ...fields, timeOut: timeoutMs, passwd: password };
    },
    encode: (body) => encodeConnectRequestFrame(decodeConnectRequest(body)),
  };
}

function connectResponseCase(frame: VectorFrame): Case {
  return {
    frame,
    decode: (body) => {
      const { timeoutMs, password, ...fields } = decodeConnectResponse(body);
      return { ...fields, timeOut: timeoutMs, passwd: password };
    },
    encode: (body) => encodeConnectResponseFrame(decodeConnectResponse(body)),
  };
}

function requestCase(frame: VectorFrame): Case {
  return {
    frame,
    decode: (body) => {
      const { xid, opcode } = decodeRequestHeader(body);
      return { xid, type: opcode, body: requestShape(decodeRequestBody(opcode, body)) };
    },
    encode: (body) => {
      const { xid, opcode } = decodeRequestHeader(body);
      return encodeRequestFrame(xid, decodeRequestBody(opcode, body));
    },
  };
}

function replyCase(frame: VectorFrame, request: RequestName): Case {
  return {
    frame,
    decode: (body) => {
      const header = decodeReplyHeader(body);
      if (header.err !== 0) return header;
      const shape = replyShape(decodeReplyBody(request, body));
      return shape === null ? header : { ...header, body: shape };
    },
    encode: (body) => {
      const header = decodeReplyHeader(body);
      return encodeReplyFrame(header, header.err === 0 ? decodeReplyBody(request, body) : { type: 'none' });
    },
  };
}

const eventNames = new Map([
  [1, 'NodeCreated'],
  [2, 'NodeDeleted'],
  [3, 'NodeDataChanged'],
  [4, 'NodeChildrenChanged'],
]);

function eventCase(frame: VectorFrame): Case {
  return {
    frame,
    decode: (body) => {
      const event = decodeWatcherEvent(body);
      return { ...decodeReplyHeader(body), event: { ...event, typeName: eventNames.get(event.type) } };
    },
    encode: (body) => encodeWatcherEventFrame(decodeWatcherEvent(body), decodeReplyHeader(body).zxid),
  };
}

describe('client protocol codec', () => {
  const allCases = Object.values(cases).flat();

  it('has found every frame of the vectors', () => {
    const counts = Object.entries(cases).map(([kind, list]) => [kind, list.length]);

    assert.deepEqual(Object.fromEntries(counts), { connect: 83, request: 238, reply: 244, event: 28 });
    assert.equal(refused.length, 9);
    assert.equal(farAhead.length, 1);
    assert.equal(allCases.length + refused.length + farAhead.length, 603);
  });

  it('decodes what an independent decoder found', () => {
    for (const { frame, decode } of allCases) {
      const { body, ...others } = frame.decoded as Fields;
      const expected = body === undefined ? others : { ...others, body: withoutNullPath(body) };

      assertFields(decode(frame.bytes.subarray(4)), expected, frame.where);
    }
  });

  it('encodes to the same bytes again', () => {
    for (const { frame, encode } of allCases) {
      if (carriesNullPath(frame)) continue;

      assert.equal(encode(frame.bytes.subarray(4)).toString('hex'), frame.bytes.toString('hex'), frame.where);
    }
  });

  it('carries a null prefix of getEphemerals as an empty one, in the frame that has it', () => {
    const frames = allCases.filter(({ frame }) => carriesNullPath(frame));

    assert.equal(frames.length, 1);
    for (const { frame, encode } of frames) {
      const nullAsEmpty = frame.bytes.toString('hex').replace(/f{8}$/, '00000000');
      assert.equal(encode(frame.bytes.subarray(4)).toString('hex'), nullAsEmpty);
    }
  });

  it('refuses every frame that is cut short, at every byte', () => {
    let cuts = 0;
    for (const { frame, decode } of allCases) {
      const body = frame.bytes.subarray(4);
      for (let length = 0; length < body.length; length++) {
        if (isOldForm(frame, length)) continue;
        assert.throws(() => decode(body.subarray(0, length)), JuteError, `${frame.where}, ${length} bytes`);
        cuts++;
      }
    }
    assert.ok(cuts > 20_000, `only ${cuts} cuts`);
  });

  /** Without its last byte a handshake is the old form, which servers take. */
  function isOldForm({ decoded, bytes }: VectorFrame, length: number): boolean {
    return (decoded as Fields)['readOnly'] !== undefined && length === bytes.length - 5;
  }

  it('ignores bytes after the last field of a request', () => {
    for (const { frame, decode } of cases['request'] ?? []) {
      const body = frame.bytes.subarray(4);

      assert.deepEqual(decode(Buffer.concat([body, Buffer.from('more')])), decode(body), frame.where);
    }
  });

  it('refuses the requests that Apache ZooKeeper could not decode either', () => {
    for (const frame of refused) {
      const body = frame.bytes.subarray(4);
      const { opcode } = decodeRequestHeader(body);
      const isUnknown = [0, 10, 999].includes(opcode);

      assert.throws(
        () => decodeRequestBody(opcode, body),
        isUnknown ? UnknownOpcodeError : JuteError,
        frame.where,
      );
      assert.equal(requestNameOf(opcode) === null, isUnknown);
    }
  });

  it('refuses a handshake with a zxid that no ensemble can have seen', () => {
    for (const { bytes, where } of farAhead)
      assert.throws(() => decodeConnectRequest(bytes.subarray(4)), JuteError, where);
  });

  it('decodes the body alone as it decodes it behind a header', () => {
    for (const { frame } of cases['request'] ?? []) {
      const body = frame.bytes.subarray(4);
      const request = decodeRequestBody(decodeRequestHeader(body).opcode, body);

      assert.deepEqual(decodeRequestBody(opcodeOf(request), encodeRequestBody(request), 0), request);
    }
  });

  it('finds the same frames however a connection is cut', () => {
    for (const connection of connections) {
      const frames = connection.frames.filter((frame) => frame.decoded !== undefined);
      const stream = Buffer.concat(frames.map((frame) => frame.bytes));
      const bodies = frames.map((frame) => frame.bytes.subarray(4));
      for (const step of [1, 3, 1024, stream.length || 1]) {
        const decoder = new FrameDecoder();
        const found: Buffer[] = [];
        for (let at = 0; at < stream.length; at += step)
          found.push(...decoder.push(stream.subarray(at, at + step)));
        assert.deepEqual(found, bodies, `${connection.label}, ${step} bytes at a time`);
        assert.equal(decoder.bufferedBytes, 0);
      }
    }
  });
});

describe('connect codec', () => {
  const request: ConnectRequest = {
    protocolVersion: 0,
    lastZxidSeen: 0x2_0000_0001,
    timeoutMs: 4000,
    sessionId: 'ff00000000000001',
    password: null,
  };

  it('leaves the readOnly byte out in the old form', () => {
    assert.equal(encodeConnectRequestFrame({ ...request, password: Buffer.alloc(16) }).length, 4 + 44);
    assert.equal(
      encodeConnectRequestFrame({ ...request, password: Buffer.alloc(16), readOnly: true }).length,
      4 + 45,
    );
  });

  it('keeps a null password apart from an empty one', () => {
    const body = encodeConnectRequestFrame(request).subarray(4);

    assert.deepEqual(decodeConnectRequest(body), request);
  });

  it('carries a refusal', () => {
    const refusal: ConnectResponse = {
      protocolVersion: 0,
      timeoutMs: 0,
      sessionId: '0000000000000000',
      password: Buffer.alloc(16),
      readOnly: false,
    };

    assert.deepEqual(decodeConnectResponse(encodeConnectResponseFrame(refusal).subarray(4)), refusal);
  });
});

describe('request codec', () => {
  it('refuses a count of operations or ACL entries that the bytes cannot hold', () => {
    const create: ClientRequest = {
      type: 'create',
      path: '/a',
      data: null,
      acl: [{ perms: 31, scheme: 'world', id: 'anyone' }],
      flags: 0,
    };
    const body = encodeRequestBody(create);
    body.writeInt32BE(0x7fffffff, 4 + 2 + 4);

    assert.throws(() => decodeRequestBody(1, body, 0), /a vector of 2147483647 elements in \d+ bytes/);
  });

  it('reads a negative count other than -1 as an empty list', () => {
    const body = encodeRequestBody({ type: 'create', path: '/a', data: null, acl: [], flags: 0 });
    body.writeInt32BE(-7, 4 + 2 + 4);

    assert.deepEqual((decodeRequestBody(1, body, 0) as { acl: unknown }).acl, []);
  });

  it('reads any flag byte but 0 as true', () => {
    const body = encodeRequestBody({ type: 'exists', path: '/a', watch: false });
    body.writeUInt8(0xfe, body.length - 1);

    assert.deepEqual(decodeRequestBody(3, body, 0), { type: 'exists', path: '/a', watch: true });
  });

  it('refuses a buffer of a negative length other than -1', () => {
    const body = encodeRequestBody({ type: 'setData', path: '/a', data: Buffer.from('x'), version: 0 });
    body.writeInt32BE(-2, 6);

    assert.throws(() => decodeRequestBody(5, body, 0), /a buffer of length -2 \(at byte 6\)/);
  });

  it('hands out data as a view of the frame', () => {
    const body = encodeRequestBody({ type: 'setData', path: '/a', data: Buffer.from('x'), version: 0 });
    const decoded = decodeRequestBody(5, body, 0) as { data: Buffer };

    body.write('y', 10);

    assert.equal(decoded.data.toString(), 'y');
  });

  it('keeps null lists of servers in a reconfig apart from empty ones', () => {
    const request: ClientRequest = {
      type: 'reconfig',
      joiningServers: null,
      leavingServers: '',
      newMembers: null,
      curConfigId: -1,
    };

    assert.deepEqual(decodeRequestBody(16, encodeRequestBody(request), 0), request);
  });

  it('takes a number that a double would round, and that is only compared, for the outermost exact one', () => {
    const body = encodeRequestBody({
      type: 'setWatches',
      relativeZxid: 0,
      dataWatches: [],
      existWatches: [],
      childWatches: [],
    });
    for (const [written, read] of [
      [2n ** 53n + 1n, Number.MAX_SAFE_INTEGER],
      [2n ** 63n - 1n, Number.MAX_SAFE_INTEGER],
      [-(2n ** 63n), Number.MIN_SAFE_INTEGER],
      [5n, 5],
    ] as const) {
      body.writeBigInt64BE(written, 0);

      const request = decodeRequestBody(101, body, 0);

      assert(request.type === 'setWatches');
      assert.equal(request.relativeZxid, read);
    }
  });
});

describe('reply codec', () => {
  it('leaves the body out when the header carries an error', () => {
    const frame = encodeReplyFrame({ xid: 7, zxid: 9, err: -101 }, { type: 'path', path: '/a' });

    assert.equal(frame.length, 20);
  });

  it('carries a multiRead whose operations met different ends', () => {
    const body = {
      type: 'multi' as const,
      results: [
        { type: 'error' as const, err: -101 },
        { type: 'getChildren' as const, children: ['a', 'ü'] },
        { type: 'delete' as const },
      ],
    };
    const frame = encodeReplyFrame({ xid: 7, zxid: 9, err: 0 }, body);

    assert.deepEqual(decodeReplyBody('multiRead', frame.subarray(4)), body);
  });

  it('puts the zxid of the transaction into a notification when asked to', () => {
    const event = { type: 1, state: 3, path: '/a' };
    const frame = encodeWatcherEventFrame(event, 0x1_0000_0007);

    assert.deepEqual(decodeReplyHeader(frame.subarray(4)), { xid: -1, zxid: 0x1_0000_0007, err: 0 });
    assert.deepEqual(decodeWatcherEvent(frame.subarray(4)), event);
  });
});
