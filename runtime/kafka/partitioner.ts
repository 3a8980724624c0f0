/**
 * murmur2 as Kafka's Java client computes it (org.apache.kafka.common.utils.Utils.murmur2), so that a key lands on
 * the same partition whichever client sends it.
 * @returns a signed 32-bit number
 */
export function murmur2(data: Uint8Array): number {
  const length = data.length;
  let h = 0x9747b28c ^ length;
  const fours = length >> 2;
  for (let i = 0; i < fours; i++) {
    const at = i << 2;
    let k = byte(data, at) | (byte(data, at + 1) << 8) | (byte(data, at + 2) << 16) | (byte(data, at + 3) << 24);
    k = Math.imul(k, 0x5bd1e995);
    k ^= k >>> 24;
    k = Math.imul(k, 0x5bd1e995);
    h = Math.imul(h, 0x5bd1e995) ^ k;
  }
  const rest = fours << 2;
  const left = length & 3;
  if (left === 3) h ^= byte(data, rest + 2) << 16;
  if (left >= 2) h ^= byte(data, rest + 1) << 8;
  if (left >= 1) h = Math.imul(h ^ byte(data, rest), 0x5bd1e995);
  h = Math.imul(h ^ (h >>> 13), 0x5bd1e995);
  return h ^ (h >>> 15);
}

function byte(data: Uint8Array, at: number): number {
  return data[at] ?? 0;
}

/** The partition of a key: its hash without the sign, modulo the partitions, as every Kafka client's default. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
