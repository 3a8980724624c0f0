import { AUDIT_GROUP } from "../kafka/access";
import type { EventSource } from "../kafka/event-source";
import { createKafkaSource } from "../kafka/kafkajs-source";
import { openKafka } from "../kafka/open-kafka";
import { topicNames, topicPrefixOf } from "../kafka/settings";
import { prefixedSource } from "../kafka/topic-prefix";
import { openLake } from "../lake/open-lake";
import { openSecret } from "../secrets/open-secret";
import { RhythmicError } from "../support/errors";
import { type ProgramContext, runProgram } from "../support/program";
import { createProgress } from "../support/progress";
import { openDuckDbWarehouse } from "../warehouse/duckdb-warehouse";
import { duckDbPathOf, parseWarehouseUrl } from "../warehouse/warehouse-url";
import { audit } from "./audit";
import { type Books, booksTable } from "./books";
import { auditSettings } from "./settings";

void runProgram({
  name: "audit",
  description:
    "proves the books: every record that Kafka acknowledged stands once in the lake and once in the warehouse.",
  settings: auditSettings,
  async run(context) {
    const books = await auditOf(context);
    process.stdout.write(context.settings.AUDIT_JSON ? `${JSON.stringify(books)}\n` : booksTable(books));
    if (!books.balanced) {
      throw new RhythmicError("not_balanced", `The books do not balance: ${books.problems.length} equations fail.`);
    }
  },
});

async function auditOf(context: ProgramContext<typeof auditSettings>): Promise<Books> {
  const { settings } = context;
  const { WAREHOUSE_URL: warehouseUrl } = settings;
  // Judged before anything is asked.
  const warehousePath = warehouseUrl === undefined ? undefined : duckDbPathOf(parseWarehouseUrl(warehouseUrl));
  const store = await openLake(settings.LAKE_URL, { readOnly: true });
  const source = await sourceOf(context);
  const warehouse =
    warehousePath === undefined ? undefined : await openDuckDbWarehouse(warehousePath, { readOnly: true });
  const progress = createProgress(process.stderr, (message) => JSON.stringify({ program: "audit", message }));
  try {
    return await audit({ store, progress, ...(source && { source }), ...(warehouse && { warehouse }) });
  } finally {
    await source?.stop();
    await warehouse?.close();
  }
}

/** Kafka's side of the books, where they are to begin there. */
async function sourceOf({
  settings,
  log,
  stop,
}: ProgramContext<typeof auditSettings>): Promise<EventSource | undefined> {
  const { KAFKA_BROKERS: brokers, KAFKA_TOPIC_PREFIX: prefix } = settings;
  if (brokers === undefined) return undefined;
  const topics = topicNames(prefix);
  const connection = await openKafka({ settings, brokers, clientId: "rhythmic-audit", topics, openSecret, log, stop });
  if (connection === undefined) throw new RhythmicError("interrupted", "Stopped before the books were read.");
  return prefixedSource(await createKafkaSource({ ...connection, groupId: AUDIT_GROUP }), topicPrefixOf(prefix));
}
