/** Largest body that a worker accepts (PROTOCOL.md 3). */
export const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

const HEADER_BYTES = 4;

/** Largest body that a worker may send: text escaped to ASCII grows up to sixfold, and there are two texts. */
export function maxReplyBytes(keptOutputBytes: number): number {
  return 12 * keptOutputBytes + 64 * 1024;
}

/**
 * One frame: the length of the body in 4 bytes, big endian, then the body as JSON in UTF-8.
 *
 * @throws {RangeError} If the body is larger than a worker accepts.
 */
export function encodeFrame(message: unknown): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(JSON.stringify(message));
  if (body.length > MAX_REQUEST_BYTES) {
    throw new RangeError(
      `Cannot send a frame: expected at most ${MAX_REQUEST_BYTES} bytes, got ${body.length}`,
    );
  }
  const frame = new Uint8Array(HEADER_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, HEADER_BYTES);
  return frame;
}

/**
 * Cuts a stream of bytes into frames, whatever the sizes of the chunks. The length is checked before a body is collected, so a
 * wrong one costs no memory.
 *
 * @throws {RangeError} If a frame is larger than `maxBytes`, or the stream ends within one.
 * @throws {SyntaxError} If a body is not JSON in UTF-8.
 */
export async function* readFrames(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<unknown, void, void> {
  const buffer = new ByteQueue();
  let bodyBytes: number | null = null;
  for await (const chunk of stream) {
    buffer.push(chunk);
    while (true) {
      if (bodyBytes === null) {
        if (buffer.length < HEADER_BYTES) break;
        bodyBytes = checkedLength(buffer.take(HEADER_BYTES), maxBytes);
      }
      if (buffer.length < bodyBytes) break;
      yield parseBody(buffer.take(bodyBytes));
      bodyBytes = null;
    }
  }
  if (bodyBytes !== null || buffer.length > 0) {
    throw new RangeError("Cannot read a frame: the stream ended within it");
  }
}

function checkedLength(header: Uint8Array, maxBytes: number): number {
  const length = new DataView(header.buffer, header.byteOffset).getUint32(0);
  if (length > maxBytes) {
    throw new RangeError(`Cannot read a frame: expected at most ${maxBytes} bytes, got ${length}`);
  }
  return length;
}

function parseBody(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new SyntaxError("Cannot read a frame: expected JSON in UTF-8", { cause: error });
  }
}

/** Chunks in order of arrival; joined only where a frame spans several. */
class ByteQueue {
  #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Removes the first `count` bytes, of which there must be enough. */
  take(count: number): Uint8Array {
    const taken = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const first = this.#chunks[0];
      if (first === undefined) throw new RangeError(`Cannot take ${count} bytes: too few are held`);
      const part = first.subarray(0, count - filled);
      taken.set(part, filled);
      filled += part.length;
      if (part.length === first.length) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(part.length);
    }
    this.#length -= count;
    return taken;
  }
}
