import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TOPICS } from "../../../runtime/kafka/topics";
import { createFolderSecret } from "../../../runtime/secrets/folder-secret";
import type { SecretStore } from "../../../runtime/secrets/secret-store";
import type { Broker } from "../../../scripts/kafka/broker";
import { startSecureTestBroker } from "../../support/broker";
import {
  everybodyLogsIn,
  latestCredential,
  logIn,
  type SecureKafka,
  type TestKeeperOptions,
  testKeeper,
} from "./secure-kafka";

jest.setTimeout(60_000);

let kafka: Broker & SecureKafka;

beforeAll(async () => {
  kafka = await startSecureTestBroker({ topics: TOPICS });
});

afterAll(() => kafka.stop());

/** Every test begins and ends with one user a program, and everybody gets in. */
afterEach(async () => {
  await testKeeper(kafka).look();
  await testKeeper(kafka)
    .retire("generator")
    .catch(() => undefined);
  await everybodyLogsIn(kafka);
});

/** Lists that do not show the newest version yet, as Secret Manager's may be. */
function lateLists(secret: SecretStore): SecretStore {
  return { ...secret, enabled: async () => (await secret.enabled()).slice(1) };
}

const LATE_LISTS: TestKeeperOptions = {
  aroundSecret: lateLists,
};

test("a list that does not show the newest version yet changes nothing, and keeps nobody from retiring", async () => {
  const before = await latestCredential(kafka, "generator");
  expect((await testKeeper(kafka, LATE_LISTS).look()).users).toBe(0);
  const user = await testKeeper(kafka).rotate("generator");
  expect((await testKeeper(kafka, LATE_LISTS).look()).users).toBe(0);
  expect((await latestCredential(kafka, "generator")).username).toBe(user);
  expect(await testKeeper(kafka, LATE_LISTS).retire("generator")).toBe(before.username);
  await everybodyLogsIn(kafka);
});

test("a version that a late list shows only after a crash is not taken for the one of the rotation", async () => {
  const before = await latestCredential(kafka, "generator");
  const dies: TestKeeperOptions = {
    aroundSecret: (secret) => ({
      ...lateLists(secret),
      add: () => Promise.reject(new Error("the keeper was killed here")),
    }),
  };
  await expect(testKeeper(kafka, dies).rotate("generator")).rejects.toThrow("killed here");
  await testKeeper(kafka).look();
  const after = await latestCredential(kafka, "generator");
  expect(after.username).not.toBe(before.username);
  expect(await testKeeper(kafka).retire("generator")).toBe(before.username);
  await logIn(kafka, after);
});

test("an intent from a time when the clock was ahead is waited for no longer than any other", async () => {
  const dies: TestKeeperOptions = {
    aroundSecret: (secret) => ({ ...secret, add: () => Promise.reject(new Error("the keeper was killed here")) }),
  };
  await expect(testKeeper(kafka, dies).rotate("generator")).rejects.toThrow("killed here");
  const file = join(kafka.dir, "keeper", "users.json");
  await writeFile(file, (await readFile(file, "utf8")).replace(/"at": "\d{4}/, '"at": "2999'));
  const begunMs = performance.now();
  expect((await testKeeper(kafka, { settleMs: 500 }).look()).users).toBe(1);
  expect(performance.now() - begunMs).toBeLessThan(20_000);
});

test("a keeper that has lost its lease while it stood still adds no password that Kafka may not know any more", async () => {
  const lease = join(kafka.dir, "keeper", "lease");
  const suspended: TestKeeperOptions = {
    aroundKafka: (admin) => ({
      ...admin,
      async setUser(name, password) {
        await admin.setUser(name, password);
        await writeFile(lease, "another keeper");
      },
    }),
  };
  await expect(testKeeper(kafka, suspended).rotate("generator")).rejects.toMatchObject({ code: "interrupted" });
  await rm(lease);
  expect(await createFolderSecret(kafka.secure.credentials.generator).enabled()).toHaveLength(1);
});
