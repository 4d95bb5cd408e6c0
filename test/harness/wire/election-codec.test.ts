import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import {
  decodeElectionHello,
  decodeNotification,
  ElectionStreamDecoder,
  encodeElectionHello,
  encodeNotificationFrame,
  makeNotificationDecoder,
} from '../../../harness/wire/election-codec.ts';
import { FrameError } from '../../../harness/wire/frame.ts';
import { JuteError } from '../../../harness/wire/jute.ts';
import type { Notification } from '../../../harness/wire/quorum-packet.ts';
import { assertFields, loadConnections } from './vectors.ts';

const connections = loadConnections('election.json');
const frames = connections.flatMap((connection) => connection.frames);
const hellos = frames.filter((frame) => frame.name === 'initial message');
const notifications = frames.filter((frame) => frame.name === 'notification');
const stateNames = ['LOOKING', 'FOLLOWING', 'LEADING', 'OBSERVING'];

describe('election codec', () => {
  it('has found every message of the vectors', () => {
    assert.equal(hellos.length, 24);
    assert.equal(notifications.length, 49);
  });

  it('decodes what an independent decoder found', () => {
    for (const { bytes, decoded, where } of hellos) {
      const found = decodeElectionHello(bytes);
      const { addresses, ...fields } = found?.hello ?? { addresses: [] };
      const address = addresses.join('|');
      assertFields({ ...fields, addrLength: address.length, address }, decoded, where);
      assert.equal(found?.consumed, bytes.length);
    }
    for (const { bytes, decoded, where } of notifications) {
      const fields = decodeNotification(bytes.subarray(4));
      assertFields({ ...fields, stateName: stateNames[fields.state], left: 0 }, decoded, where);
    }
  });

  it('encodes to the same bytes again', () => {
    for (const { bytes, where } of hellos) {
      const found = decodeElectionHello(bytes);
      assert.ok(found !== null, where);
      assert.deepEqual(encodeElectionHello(found.hello), bytes, where);
    }
    for (const { bytes, where } of notifications) {
      assert.deepEqual(encodeNotificationFrame(decodeNotification(bytes.subarray(4))), bytes, where);
    }
  });

  it('wants more bytes for an initial message that is cut short, at every byte', () => {
    for (const { bytes, where } of hellos) {
      for (let length = 0; length < bytes.length; length++) {
        assert.equal(decodeElectionHello(bytes.subarray(0, length)), null, `${where}, ${length} bytes`);
      }
    }
  });

  it('refuses a notification that is cut short, except where an older form ends', () => {
    for (const { bytes, where } of notifications) {
      const body = bytes.subarray(4);
      for (let length = 0; length < body.length; length++) {
        const cut = body.subarray(0, length);
        if (length === 28 || length === 40) assert.equal(decodeNotification(cut).config, null);
        else assert.throws(() => decodeNotification(cut), JuteError, `${where}, ${length} bytes`);
      }
    }
  });

  it('reads a connection the same however it is cut', () => {
    let count = 0;
    for (const { label, frames: all } of connections) {
      const sent = all.filter((frame) => frame.dir === 'initiator>acceptor');
      // Of the others the capture holds only what the accepting side sent, or not the beginning.
      if (sent[0]?.name !== 'initial message') continue;
      count++;
      const stream = Buffer.concat(sent.map((frame) => frame.bytes));
      const whole = new ElectionStreamDecoder().push(stream);
      assert.equal(whole.length, sent.length, label);
      for (const step of [1, 7, 29]) {
        const decoder = new ElectionStreamDecoder();
        const items = [];
        for (let at = 0; at < stream.length; at += step)
          items.push(...decoder.push(stream.subarray(at, at + step)));
        assert.deepEqual(items, whole, `${label}, ${step} bytes at a time`);
      }
    }
    assert.equal(count, hellos.length);
  });
});

describe('election initial message', () => {
  it('is a sid alone in the old form', () => {
    const bytes = Buffer.from('0000000000000005', 'hex');
    const hello = { protocolVersion: 0, sid: 5, addresses: [] };

    assert.deepEqual(decodeElectionHello(bytes), { hello, consumed: 8 });
    assert.deepEqual(encodeElectionHello(hello), bytes);
  });

  it('carries several addresses in its second version', () => {
    const hello = { protocolVersion: -65_535, sid: 2, addresses: ['10.0.0.1:3888', '[::1]:3888'] };

    assert.deepEqual(decodeElectionHello(encodeElectionHello(hello))?.hello, hello);
  });

  it('is refused as soon as its protocol version is unknown', () => {
    assert.throws(
      () => decodeElectionHello(Buffer.from('fffffffffffefffe', 'hex')),
      /protocol version -65538/,
    );
  });

  for (const length of [0, -1, 2_049, 0x7fffffff]) {
    it(`is refused as soon as it announces an address of ${length} bytes`, () => {
      const bytes = encodeElectionHello({ protocolVersion: -65_536, sid: 1, addresses: [''] });
      bytes.writeInt32BE(length, 16);

      assert.throws(() => decodeElectionHello(bytes), /expected 1 to 2048/);
      assert.throws(() => new ElectionStreamDecoder().push(bytes), JuteError);
    });
  }

  for (const address of ['localhost', 'localhost:', 'localhost:65536', ':3888', 'a:b']) {
    it(`is refused with the address "${address}"`, () => {
      const bytes = encodeElectionHello({ protocolVersion: -65_536, sid: 1, addresses: [address] });

      assert.throws(() => decodeElectionHello(bytes), /expected host:port/);
    });
  }
});

describe('election notification', () => {
  const vote: Notification = {
    state: 0,
    leader: 3,
    zxid: 0x5_0000_0007,
    electionEpoch: 9,
    peerEpoch: 5,
    version: 2,
    config: null,
  };

  it('without a config has 40 bytes', () => {
    const frame = encodeNotificationFrame(vote);

    assert.equal(frame.length, 44);
    assert.deepEqual(decodeNotification(frame.subarray(4)), vote);
  });

  it('without a peer epoch takes it from the zxid', () => {
    const body = encodeNotificationFrame(vote).subarray(4, 4 + 28);

    assert.deepEqual(decodeNotification(body), { ...vote, version: 0 });
  });

  it('carries an observer’s vote, the smallest long there is', () => {
    const none = { ...vote, leader: -(2 ** 63), zxid: -(2 ** 63), peerEpoch: -(2 ** 63) };

    assert.deepEqual(decodeNotification(encodeNotificationFrame(none).subarray(4)), none);
  });

  it('with a negative or too long config is malformed', () => {
    const body = encodeNotificationFrame({ ...vote, config: 'abc' }).subarray(4);
    for (const length of [-1, -2, 4, 0x7fffffff]) {
      body.writeInt32BE(length, 40);
      assert.throws(() => decodeNotification(body), JuteError);
    }
  });

  it('of length 0 or beyond 512 KiB ends the connection', () => {
    for (const hex of ['00000000', '00080001', 'ffffffff', '7fffffff']) {
      assert.throws(() => makeNotificationDecoder().push(Buffer.from(hex, 'hex')), FrameError);
    }
  });
});
