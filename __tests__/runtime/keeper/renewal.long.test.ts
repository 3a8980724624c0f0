import { X509Certificate } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "node:tls";
import { createClient } from "../../../runtime/kafka/kafkajs-client";
import { TOPICS } from "../../../runtime/kafka/topics";
import type { Broker } from "../../../scripts/kafka/broker";
import { startSecureTestBroker } from "../../support/broker";
import { clientOptions, everybodyLogsIn, latestCredential, type SecureKafka, testKeeper } from "./secure-kafka";

jest.setTimeout(60_000);

let kafka: Broker & SecureKafka;

beforeAll(async () => {
  kafka = await startSecureTestBroker({ topics: TOPICS });
});

afterAll(() => kafka.stop());

const brokerFile = () => join(kafka.dir, "tls", "broker.pem");

async function serialInFile(): Promise<string> {
  return new X509Certificate(await readFile(brokerFile())).serialNumber;
}

/** The certificate that a client is shown which connects now. */
function serialShown(address: string): Promise<string | undefined> {
  const [host = "", port] = address.split(":");
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ca: kafka.secure.ca }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber);
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

test("Kafka shows a new certificate while it runs, to whoever connects; connections that are open go on", async () => {
  const before = await serialInFile();
  expect(await serialShown(kafka.brokers)).toBe(before);
  const connections: string[] = [];
  const options = clientOptions(kafka, await latestCredential(kafka, "generator"));
  const producer = createClient({ ...options, onConnection: () => void connections.push("opened") }).producer();
  await producer.connect();
  const send = (value: string) => producer.send({ topic: "auth_events", messages: [{ value }] });
  await send("before");
  const opened = connections.length;

  // What is lost is made anew, as is what has less than a third of its time left.
  await rm(brokerFile());
  await testKeeper(kafka).look();
  const after = await serialInFile();
  expect(after).not.toBe(before);
  expect(await serialShown(kafka.brokers)).toBe(after);
  await everybodyLogsIn(kafka);

  await send("after");
  await producer.disconnect();
  expect(connections).toHaveLength(opened);
});

test("a keeper that crashed between making a certificate and telling Kafka is made up for by the next look", async () => {
  await rm(brokerFile());
  // It ends with what --prepare does: the file is there, and Kafka has not heard of it.
  await testKeeper(kafka).prepare();
  expect(await serialShown(kafka.brokers)).not.toBe(await serialInFile());
  await testKeeper(kafka).look();
  expect(await serialShown(kafka.brokers)).toBe(await serialInFile());
});

test("a Kafka that does not take its new certificate is told of, not waited for in silence", async () => {
  await rm(brokerFile());
  const deaf = testKeeper(kafka, { aroundKafka: (admin) => ({ ...admin, reloadCertificates: async () => undefined }) });
  await expect(deaf.look()).rejects.toMatchObject({
    code: "broker_refused",
    message: expect.stringContaining("does not show its new certificate"),
  });
  await testKeeper(kafka).look();
  expect(await serialShown(kafka.brokers)).toBe(await serialInFile());
});
