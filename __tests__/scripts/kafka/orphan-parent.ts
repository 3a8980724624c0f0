// Started by broker.test.ts as a process of its own, which is then killed with -9.
import { startBroker } from "../../../scripts/kafka/broker";

void startBroker({ dir: process.argv[2] ?? "" }).then(({ pid, brokers }) => {
  process.stdout.write(`${JSON.stringify({ pid, brokers })}\n`);
});
