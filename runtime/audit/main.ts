import { createKafkaSource } from "../kafka/kafkajs-source";
import { topicPrefixOf } from "../kafka/settings";
import { prefixedSource } from "../kafka/topic-prefix";
import { openLake } from "../lake/open-lake";
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

async function auditOf({ settings, log }: ProgramContext<typeof auditSettings>): Promise<Books> {
  const { WAREHOUSE_URL: warehouseUrl } = settings;
  // Judged before anything is asked.
  const warehousePath = warehouseUrl === undefined ? undefined : duckDbPathOf(parseWarehouseUrl(warehouseUrl));
  const store = await openLake(settings.LAKE_URL, { readOnly: true });
  const { KAFKA_BROKERS: brokers } = settings;
  const source =
    brokers === undefined
      ? undefined
      : await createKafkaSource({ brokers, groupId: "rhythmic-audit", clientId: "rhythmic-audit", log }).then((kafka) =>
          prefixedSource(kafka, topicPrefixOf(settings.KAFKA_TOPIC_PREFIX)),
        );
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
