import { refusal } from "../synthesis/synthesis-error";

/**
 * Memory of the machine types that we use, MiB (cloud.google.com/compute/docs/general-purpose-machines, E2).
 */
const MEMORY_MIB: Readonly<Record<string, number>> = {
  "e2-micro": 1_024,
  "e2-small": 2_048,
  "e2-medium": 4_096,
  "e2-standard-2": 8_192,
  "e2-standard-4": 16_384,
  "e2-standard-8": 32_768,
  "e2-highmem-2": 16_384,
  "e2-highmem-4": 32_768,
};

/** More only makes garbage collection slower; the rest serves Kafka better as the cache of its files. */
const HEAP_MIB_MAX = 6_144;
/** Below this the broker does not start reliably. */
const HEAP_MIB_MIN = 512;

/**
 * The Java heap of Kafka on a machine, MiB: a quarter of its memory. The rest caches the log's files, which is what
 * Kafka lives on.
 * @param path construct path, for the message
 * @throws SynthesisError for a machine type that is not known here, or that is too small
 */
export function kafkaHeapMib(path: string, machineType: string): number {
  const memory = MEMORY_MIB[machineType];
  const heap = Math.min(HEAP_MIB_MAX, (memory ?? 0) / 4);
  if (heap >= HEAP_MIB_MIN) return heap;
  const allowed = Object.keys(MEMORY_MIB).filter((type) => (MEMORY_MIB[type] ?? 0) / 4 >= HEAP_MIB_MIN);
  throw refusal(`${path}: the machine type of Kafka`, machineType, allowed.join(", "));
}
