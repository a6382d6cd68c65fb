import { expect, test } from 'vitest';
import { encodeFrame, frameBytes, writeFrame } from '../../src/journal/frame.ts';
import { Space } from '../../src/journal/space.ts';

const identity = { storeId: new Uint8Array(16).fill(7), first: 1 };

test('a frame of its buffers as they are has the bytes of one that is copied, whatever their sizes', () => {
  for (let size = 0; size < 20; size++) {
    const body = [size, 0, 17, 20_000 + size].map((bytes, k) => new Uint8Array(bytes).fill(k + 1));
    const record = { kind: 3, body: [new Float64Array([1, 2, 3]), ...body] };
    const numbered = { record, sequence: 9, bytes: frameBytes(record) };
    const space = new Space(65_536);
    space.bytes.fill(0xff);
    const end = writeFrame(numbered, 5, identity, space, 0);
    expect(end).toBe(numbered.bytes);
    const whole = Buffer.concat(encodeFrame(numbered, 5, identity));
    expect(Buffer.compare(whole, space.bytes.subarray(0, end)), `size ${size}`).toBe(0);
  }
});
