import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeFrame, MAX_REQUEST_BYTES, readFrames } from "../../lib/sandbox/frames.ts";

async function* chunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const size of sizes) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
    at += size;
  }
  yield bytes.subarray(at);
}

function join(frames: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(frames.flatMap((frame) => [...frame]));
}

Deno.test("readFrames() gives back what encodeFrame() wrote, however the bytes are cut", async () => {
  const messages = fc.array(fc.jsonValue());
  const sizes = fc.array(fc.nat({ max: 9 }));
  await fc.assert(
    fc.asyncProperty(messages, sizes, async (sent, cuts) => {
      const bytes = join(sent.map(encodeFrame));
      const received = await Array.fromAsync(readFrames(chunks(bytes, cuts), 1 << 20));
      assert.deepEqual(received, JSON.parse(JSON.stringify(sent)));
    }),
    { seed: 1 },
  );
});

Deno.test("readFrames() never hangs and never throws anything but its own errors on random bytes", async () => {
  const bytes = fc.uint8Array({ maxLength: 64 });
  await fc.assert(
    fc.asyncProperty(bytes, async (noise) => {
      try {
        for await (const _ of readFrames(chunks(noise, [3]), 32)) { /* a frame by chance */ }
      } catch (error) {
        assert(error instanceof RangeError || error instanceof SyntaxError);
      }
    }),
    { seed: 1 },
  );
});

Deno.test("readFrames() refuses a length over the cap before the body has come", async () => {
  await assert.rejects(
    Array.fromAsync(readFrames(chunks(new Uint8Array([0, 0, 1, 0]), []), 255)),
    { name: "RangeError", message: "Cannot read a frame: expected at most 255 bytes, got 256" },
  );
});

Deno.test("readFrames() reports a stream that ends within a frame", async () => {
  const frame = encodeFrame({ a: 1 });
  await assert.rejects(Array.fromAsync(readFrames(chunks(frame.subarray(0, -1), []), 1_000)), {
    name: "RangeError",
    message: "Cannot read a frame: the stream ended within it",
  });
});

Deno.test("readFrames() reports a body that is not UTF-8", async () => {
  await assert.rejects(
    Array.fromAsync(readFrames(chunks(new Uint8Array([0, 0, 0, 1, 0xff]), []), 9)),
    { name: "SyntaxError", message: "Cannot read a frame: expected JSON in UTF-8" },
  );
});

Deno.test("encodeFrame() refuses a body over the cap", () => {
  assert.throws(() => encodeFrame("x".repeat(MAX_REQUEST_BYTES)), {
    name: "RangeError",
    message: `Cannot send a frame: expected at most ${MAX_REQUEST_BYTES} bytes, got ${
      MAX_REQUEST_BYTES + 2
    }`,
  });
});
