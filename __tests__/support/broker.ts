import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Broker, type BrokerOptions, startBroker } from "../../scripts/kafka/broker";
import type { BrokerSecurity } from "../../scripts/kafka/secure";

/** A real Kafka in a temporary folder, which `stop` removes. Stopping kills it: nobody needs its data any more. */
export async function startTestBroker(
  options: Omit<BrokerOptions, "dir"> = {},
): Promise<Broker & { readonly dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), "rhythmic-kafka-"));
  const broker = await startBroker({ dir, ...options });
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

/** The same with TLS, users and permissions, as on Kafka's machine. */
export async function startSecureTestBroker(
  options: Pick<BrokerOptions, "topics" | "port"> = {},
): Promise<Broker & { readonly dir: string; readonly secure: BrokerSecurity }> {
  const { secure, ...broker } = await startTestBroker({ ...options, secure: true });
  if (secure === undefined) throw new Error("the broker is not secure");
  return { ...broker, secure };
}
