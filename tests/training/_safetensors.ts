/** A safetensors file of one tensor of bytes: weights for trainers that only pretend. */
export function safetensorsOf(bytes: Uint8Array): Uint8Array {
  const tensor = { dtype: "U8", shape: [bytes.length], data_offsets: [0, bytes.length] };
  const header = new TextEncoder().encode(JSON.stringify({ bytes: tensor }));
  const file = new Uint8Array(8 + header.length + bytes.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  file.set(bytes, 8 + header.length);
  return file;
}
