import { createInspector } from "../../../runtime/kafka/kafkajs-inspector";
import { TOPICS } from "../../../runtime/kafka/topics";
import { SILENT } from "../../../runtime/support/logging";
import type { Broker } from "../../../scripts/kafka/broker";
import { startTestBroker } from "../../support/broker";

jest.setTimeout(60_000);

let broker: Broker;

beforeAll(async () => {
  broker = await startTestBroker({ topics: TOPICS });
});

afterAll(() => broker.stop());

test("questions that fail at once get Kafka's own answer each, and take no other's connection from it", async () => {
  const inspector = createInspector({ brokers: [broker.brokers], clientId: "test-inspector", log: SILENT });
  const unknown = Array.from({ length: 8 }, (_, number) =>
    inspector.offsets(`unknown-${number % 2}`).catch((error: unknown) => error),
  );
  const known = Array.from({ length: 20 }, () => inspector.offsets("auth_events"));
  const codes = (await Promise.all(unknown)).map((error) => (error as { readonly code?: string }).code);
  expect([...new Set(codes)]).toEqual(["broker_refused"]);
  expect((await Promise.all(known)).every((offsets) => offsets.size > 0)).toBe(true);
  await inspector.close();
});
