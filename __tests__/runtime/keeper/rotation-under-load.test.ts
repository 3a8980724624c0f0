import { AUDIT_GROUP, lookGroupOf } from "../../../runtime/kafka/access";
import { createClient } from "../../../runtime/kafka/kafkajs-client";
import { createKafkaSink } from "../../../runtime/kafka/kafkajs-sink";
import { TOPICS } from "../../../runtime/kafka/topics";
import { messageOf } from "../../../runtime/support/errors";
import type { Broker } from "../../../scripts/kafka/broker";
import { startSecureTestBroker } from "../../support/broker";
import { eventually } from "../../support/eventually";
import { type Credential, clientOptions, latestCredential, logIn, type SecureKafka, testKeeper } from "./secure-kafka";

jest.setTimeout(120_000);

const TOPIC = "auth_events";

let kafka: Broker & SecureKafka;

beforeAll(async () => {
  kafka = await startSecureTestBroker({ topics: TOPICS });
});

afterAll(() => kafka.stop());

/** A program that connects, does its work and goes, over and over, as machines do that are made anew all the time. */
class Restarting {
  readonly users: string[] = [];
  readonly errors: string[] = [];
  #stopped = false;
  readonly #ended: Promise<void>;

  constructor(credential: () => Promise<Credential>, work: (credential: Credential) => Promise<void>) {
    this.#ended = this.#run(credential, work);
  }

  async #run(credential: () => Promise<Credential>, work: (credential: Credential) => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      try {
        const mine = await credential();
        await work(mine);
        this.users.push(mine.username);
      } catch (error) {
        this.errors.push(messageOf(error));
      }
    }
  }

  /** Waits until it has done its work that many times more. */
  async moreTimes(count: number): Promise<void> {
    const target = this.users.length + count;
    await eventually("a program has restarted", () => this.users.length >= target || this.errors.length > 0);
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return this.#ended;
  }
}

async function produce(credential: Credential): Promise<void> {
  const sink = await createKafkaSink(clientOptions(kafka, credential));
  await sink.write(TOPIC, "key", "{}");
  await sink.close();
}

/** As the only member of a group, since joining one is what needs most permissions. */
async function consume(groupId: string, credential: Credential): Promise<void> {
  const consumer = createClient(clientOptions(kafka, credential)).consumer({
    groupId,
    maxWaitTimeInMs: 50,
  });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer.run({ autoCommit: false, eachMessage: async () => resolve() }).catch(reject);
  });
  await consumer.disconnect();
}

test("through rotate, roll and retire no program is ever without access, and then the old password is refused", async () => {
  const before = {
    generator: await latestCredential(kafka, "generator"),
    audit: await latestCredential(kafka, "audit"),
  };
  await produce(before.generator);
  // Machines that have read their credential before the rotation, and are not rolled yet.
  const old = [
    new Restarting(async () => before.generator, produce),
    new Restarting(
      async () => before.audit,
      (credential) => consume(AUDIT_GROUP, credential),
    ),
  ];
  // Machines that start at any time.
  const fresh = [
    new Restarting(() => latestCredential(kafka, "generator"), produce),
    new Restarting(
      () => latestCredential(kafka, "audit"),
      (credential) => consume(lookGroupOf(AUDIT_GROUP), credential),
    ),
  ];
  const all = [...old, ...fresh];
  const everybodyWorks = () => Promise.all(all.map((one) => one.moreTimes(2)));
  await everybodyWorks();
  for (const client of ["generator", "audit"] as const) await testKeeper(kafka).rotate(client);
  await everybodyWorks();
  // The roll: whoever had the old credential is gone, and who starts now reads the new one.
  await Promise.all(old.map((one) => one.stop()));
  await Promise.all(fresh.map((one) => one.moreTimes(2)));
  for (const client of ["generator", "audit"] as const) await testKeeper(kafka).retire(client);
  await Promise.all(fresh.map((one) => one.moreTimes(2)));
  await Promise.all(fresh.map((one) => one.stop()));

  expect(all.flatMap(({ errors }) => errors)).toEqual([]);
  expect(new Set(old.flatMap(({ users }) => users))).toEqual(new Set(["generator-a", "audit-a"]));
  expect(new Set(fresh.flatMap(({ users }) => users))).toEqual(
    new Set(["generator-a", "generator-b", "audit-a", "audit-b"]),
  );
  for (const credential of Object.values(before)) {
    await expect(logIn(kafka, credential)).rejects.toMatchObject({ code: "broker_untrusted" });
  }
  await logIn(kafka, await latestCredential(kafka, "generator"));
});

test("two rotations at once: one is done, and the other is refused in a sentence", async () => {
  const outcomes = await Promise.allSettled([
    testKeeper(kafka).rotate("processor"),
    testKeeper(kafka).rotate("processor"),
  ]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "bad_usage" } });
  await logIn(kafka, await latestCredential(kafka, "processor"));
});
