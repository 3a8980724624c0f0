import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "../../../runtime/kafka/kafkajs-client";
import { TOPICS } from "../../../runtime/kafka/topics";
import { issueCertificate, readKeyPair } from "../../../runtime/keeper/certificates";
import { type Broker, startBroker } from "../../../scripts/kafka/broker";
import { startSecureTestBroker } from "../../support/broker";
import { eventually } from "../../support/eventually";
import {
  asAdministrator,
  clientOptions,
  everybodyLogsIn,
  latestCredential,
  logIn,
  type SecureKafka,
  testKeeper,
} from "./secure-kafka";

/** What a certificate's end does, with certificates that end within seconds: Java knows no other clock than the real one. */

jest.setTimeout(120_000);

const DAY_MS = 86_400_000;

let kafka: Broker & SecureKafka;
let running: Broker;

beforeAll(async () => {
  kafka = await startSecureTestBroker({ topics: TOPICS });
  running = kafka;
});

afterAll(async () => {
  running.kill();
  await running.exited;
  await kafka.stop();
});

/** Has Kafka show a certificate that ends soon. @returns when it ends, milliseconds since 1970 */
async function showShortLived(lastsMs: number): Promise<number> {
  const authority = readKeyPair(await readFile(join(kafka.dir, "keeper", "authority.pem"), "utf8"));
  if (authority === undefined) throw new Error("no authority");
  const nowMs = Date.now();
  const request = { name: "rhythmic-kafka", hosts: ["127.0.0.1", "localhost"], nowMs, days: lastsMs / DAY_MS };
  const pem = await issueCertificate(authority, request);
  await asAdministrator(kafka, async (admin) => {
    await writeFile(join(kafka.dir, "tls", "broker.pem"), pem);
    const before = await admin.shownCertificate();
    await admin.reloadCertificates(["CLIENTS", "ADMIN"]);
    await eventually("Kafka shows it", async () => (await admin.shownCertificate()) !== before);
  });
  return nowMs + lastsMs;
}

test("a certificate that the keeper has renewed in time ends unnoticed", async () => {
  const options = clientOptions(kafka, await latestCredential(kafka, "generator"));
  const endsAtMs = await showShortLived(15_000);
  const producer = createClient(options).producer();
  await producer.connect();
  const send = () => producer.send({ topic: "auth_events", messages: [{ value: "{}" }] });
  await send();
  await testKeeper(kafka).look();
  await sleep(endsAtMs + 2_000 - Date.now());
  await send();
  await producer.disconnect();
  await everybodyLogsIn(kafka);
  // Through the controller, whose listener has another certificate.
  await asAdministrator(kafka, (admin) => admin.createTopic({ name: "after_the_end", partitions: 1, config: {} }));
  expect(await testKeeper(kafka).look()).toEqual({ topics: 0, permissions: 0, users: 0 });
});

test("one that nobody has renewed is named as such, by programs and by the keeper; a restart of Kafka mends it", async () => {
  const credential = await latestCredential(kafka, "generator");
  await sleep((await showShortLived(5_000)) + 1_000 - Date.now());
  await expect(logIn(kafka, credential)).rejects.toMatchObject({
    code: "broker_out_of_date",
    message: expect.stringMatching(/expired|ended/),
  });
  await expect(testKeeper(kafka).look()).rejects.toMatchObject({
    code: "broker_out_of_date",
    message: expect.stringMatching(/(expired|ended).* A good certificate is in place, .* restart it\.$/),
  });
  kafka.kill();
  await kafka.exited;
  running = await startBroker({ dir: kafka.dir, secure: true, topics: TOPICS });
  if (running.secure === undefined) throw new Error("not secure");
  await everybodyLogsIn({ ...kafka, brokers: running.brokers, secure: running.secure });
});
