import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Broker, startBroker } from "../../scripts/kafka/broker";

/** A real Kafka in a temporary folder, which `stop` removes. Stopping kills it: nobody needs its data any more. */
export async function startTestBroker(): Promise<Broker & { readonly dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), "rhythmic-kafka-"));
  const broker = await startBroker({ dir });
  return {
    ...broker,
    dir,
    async stop() {
      broker.kill();
      await broker.exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}
