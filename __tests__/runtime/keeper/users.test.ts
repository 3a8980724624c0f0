import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TOPICS } from "../../../runtime/kafka/topics";
import { createFolderSecret } from "../../../runtime/secrets/folder-secret";
import type { Broker } from "../../../scripts/kafka/broker";
import { startSecureTestBroker } from "../../support/broker";
import { collectLines } from "../../support/lines";
import {
  asAdministrator,
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
  const keeper = testKeeper(kafka);
  await keeper.look();
  await keeper.retire("generator").catch(() => undefined);
  await everybodyLogsIn(kafka);
  expect(await generatorsInKafka()).toHaveLength(1);
});

async function generatorsInKafka(): Promise<string[]> {
  const users = await asAdministrator(kafka, (admin) => admin.users(["generator-a", "generator-b"]));
  return [...users].sort();
}

test("a rotation gives the idle user to whoever starts from now on; the user from before works until it is retired", async () => {
  const before = await latestCredential(kafka, "generator");
  const user = await testKeeper(kafka).rotate("generator");
  const after = await latestCredential(kafka, "generator");
  expect(after.username).toBe(user);
  expect([before.username, after.username].sort()).toEqual(["generator-a", "generator-b"]);
  expect(after.password).not.toBe(before.password);
  await logIn(kafka, before);
  await logIn(kafka, after);

  expect(await testKeeper(kafka).retire("generator")).toBe(before.username);
  await logIn(kafka, after);
  await expect(logIn(kafka, before)).rejects.toMatchObject({
    code: "broker_untrusted",
    message: expect.stringContaining(before.username),
  });
  const secret = createFolderSecret(kafka.secure.credentials.generator);
  expect(await secret.enabled()).toHaveLength(1);
  expect((await secret.latest())?.value).toBe(JSON.stringify(after));
});

test("a look between rotation and retirement leaves both users as they are", async () => {
  const before = await latestCredential(kafka, "generator");
  await testKeeper(kafka).rotate("generator");
  expect((await testKeeper(kafka).look()).users).toBe(0);
  await logIn(kafka, before);
  await logIn(kafka, await latestCredential(kafka, "generator"));
});

test("a second rotation before the first is ended is refused: a program could still use either user", async () => {
  const before = await latestCredential(kafka, "generator");
  await testKeeper(kafka).rotate("generator");
  await expect(testKeeper(kafka).rotate("generator")).rejects.toMatchObject({
    code: "bad_usage",
    message: expect.stringMatching(/programs may still use generator-[ab]; roll the program, then --retire generator/),
  });
  await logIn(kafka, before);
});

test("nothing is retired that was not rotated", async () => {
  await expect(testKeeper(kafka).retire("generator")).rejects.toMatchObject({
    code: "bad_usage",
    message: expect.stringContaining("--rotate generator comes first"),
  });
  await everybodyLogsIn(kafka);
});

test("nobody is shut out while the version that programs are to use is disabled", async () => {
  const before = await latestCredential(kafka, "generator");
  await testKeeper(kafka).rotate("generator");
  const [newest = ""] = await createFolderSecret(kafka.secure.credentials.generator).enabled();
  await writeFile(`${newest}.disabled`, "");
  await expect(testKeeper(kafka).retire("generator")).rejects.toMatchObject({
    code: "bad_usage",
    message: expect.stringContaining("is not enabled"),
  });
  await logIn(kafka, before);
  await rm(`${newest}.disabled`);
});

class Crash extends Error {}
function crash(): never {
  throw new Crash("the keeper was killed here");
}

/** What a crash leaves is what stood on disk, in Kafka and in the secret at that moment. */
const CRASHES: [string, TestKeeperOptions][] = [
  [
    "after the intent was written, before Kafka has the password",
    { aroundKafka: (admin) => ({ ...admin, setUser: async () => crash() }) },
  ],
  [
    "after Kafka has the password, before the answer came",
    {
      aroundKafka: (admin) => ({
        ...admin,
        async setUser(name, password) {
          await admin.setUser(name, password);
          crash();
        },
      }),
    },
  ],
  ["before the secret has the version", { aroundSecret: (secret) => ({ ...secret, add: async () => crash() }) }],
  [
    "after the secret has the version, before users.json says so",
    {
      aroundSecret: (secret) => ({
        ...secret,
        async add(value) {
          await secret.add(value);
          return crash();
        },
      }),
    },
  ],
];

describe.each(CRASHES)("a keeper that crashes %s", (_, options) => {
  test("in a rotation: old and latest credential work at once, and after the next look", async () => {
    const before = await latestCredential(kafka, "generator");
    await expect(testKeeper(kafka, options).rotate("generator")).rejects.toThrow("killed here");
    await logIn(kafka, before);
    await logIn(kafka, await latestCredential(kafka, "generator"));
    // A program may have started in between.
    const between = await latestCredential(kafka, "generator");

    expect((await testKeeper(kafka).look()).users).toBe(1);
    const after = await latestCredential(kafka, "generator");
    expect(after.username).not.toBe(before.username);
    for (const credential of [before, between, after]) await logIn(kafka, credential);
    expect(await testKeeper(kafka).retire("generator")).toBe(before.username);
  });

  test("in a rotation: the same command again brings it to its end", async () => {
    const before = await latestCredential(kafka, "generator");
    await expect(testKeeper(kafka, options).rotate("generator")).rejects.toThrow("killed here");
    const user = await testKeeper(kafka).rotate("generator");
    expect(user).not.toBe(before.username);
    expect((await latestCredential(kafka, "generator")).username).toBe(user);
    await logIn(kafka, before);
  });

  test("in a rotation: nothing is retired before it has ended", async () => {
    await expect(testKeeper(kafka, options).rotate("generator")).rejects.toThrow("killed here");
    await expect(testKeeper(kafka).retire("generator")).rejects.toMatchObject({
      code: "bad_usage",
      message: expect.stringMatching(/did not end; --rotate generator ends it/),
    });
  });

  test("making a program's first user: the next look makes one that works", async () => {
    // As on a new disk: no user of the program in Kafka, and users.json does not name it.
    await forgetGenerator();
    await expect(testKeeper(kafka, options).look()).rejects.toThrow("killed here");
    expect((await testKeeper(kafka).look()).users).toBe(1);
    await everybodyLogsIn(kafka);
  });
});

describe("a crash in a retirement", () => {
  test.each<[string, TestKeeperOptions]>([
    [
      "after the user is gone",
      {
        aroundKafka: (admin) => ({
          ...admin,
          async removeUser(name) {
            await admin.removeUser(name);
            crash();
          },
        }),
      },
    ],
    [
      "after the first version is disabled",
      {
        aroundSecret: (secret) => ({
          ...secret,
          async disable(version) {
            await secret.disable(version);
            crash();
          },
        }),
      },
    ],
  ])("%s: the same command again ends it", async (_, options) => {
    await testKeeper(kafka).rotate("generator");
    const after = await latestCredential(kafka, "generator");
    await expect(testKeeper(kafka, options).retire("generator")).rejects.toThrow("killed here");
    await logIn(kafka, after);
    await testKeeper(kafka).retire("generator");
    await logIn(kafka, after);
    expect(await createFolderSecret(kafka.secure.credentials.generator).enabled()).toHaveLength(1);
  });
});

/** Takes the program's users out of Kafka and out of users.json. */
async function forgetGenerator(): Promise<void> {
  await asAdministrator(kafka, async (admin) => {
    for (const user of await generatorsInKafka()) await admin.removeUser(user);
  });
  const file = join(kafka.dir, "keeper", "users.json");
  const state = JSON.parse(await readFile(file, "utf8")) as { clients: Record<string, unknown> };
  const { generator: _, ...clients } = state.clients;
  await writeFile(file, JSON.stringify({ ...state, clients }));
}

describe("what was lost", () => {
  test("a data disk: the new users become the secrets' latest versions, and a warning says so", async () => {
    await forgetGenerator();
    const log = collectLines();
    expect((await testKeeper(kafka, { log }).look()).users).toBe(1);
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        severity: "WARNING",
        message: expect.stringContaining("versions of an earlier Kafka"),
        context: expect.objectContaining({ client: "generator" }),
      }),
    );
    await everybodyLogsIn(kafka);
  });

  test("a user in Kafka: it gets a new password and a new version", async () => {
    const { username } = await latestCredential(kafka, "generator");
    await asAdministrator(kafka, (admin) => admin.removeUser(username));
    expect((await testKeeper(kafka).look()).users).toBe(1);
    expect((await latestCredential(kafka, "generator")).username).toBe(username);
    await everybodyLogsIn(kafka);
  });

  test("a user in Kafka, between rotation and retirement: who has not been rolled yet keeps access", async () => {
    const before = await latestCredential(kafka, "generator");
    const user = await testKeeper(kafka).rotate("generator");
    await asAdministrator(kafka, (admin) => admin.removeUser(user));
    expect((await testKeeper(kafka).look()).users).toBe(1);
    await logIn(kafka, before);
    expect((await latestCredential(kafka, "generator")).username).toBe(user);
    expect(await testKeeper(kafka).retire("generator")).toBe(before.username);
  });

  test("the authority: every program gets a new password with the new one's certificate, and no old one gets in", async () => {
    const before = await latestCredential(kafka, "generator");
    await testKeeper(kafka).rotate("generator");
    const between = await latestCredential(kafka, "generator");
    const file = join(kafka.dir, "keeper", "users.json");
    const state = await readFile(file, "utf8");
    // As if these had been made for another one; to exchange the real one Kafka has to start again.
    await writeFile(file, state.replaceAll(/"authority": "[^"]+"/g, '"authority": "AB:CD"'));
    expect((await testKeeper(kafka).look()).users).toBe(3);
    await everybodyLogsIn(kafka);
    for (const old of [before, between]) {
      await expect(logIn(kafka, old)).rejects.toMatchObject({ code: "broker_untrusted" });
    }
  });

  test("the secret's version: the idle user gets a new one, and programs that run go on", async () => {
    const before = await latestCredential(kafka, "generator");
    const [newest = ""] = await createFolderSecret(kafka.secure.credentials.generator).enabled();
    await writeFile(`${newest}.disabled`, "");
    expect((await testKeeper(kafka).look()).users).toBe(1);
    await logIn(kafka, before);
    expect((await latestCredential(kafka, "generator")).username).not.toBe(before.username);
  });

  test("a version that somebody else has added is replaced: who reads it could not get in", async () => {
    const before = await latestCredential(kafka, "generator");
    const secret = createFolderSecret(kafka.secure.credentials.generator);
    await secret.add(JSON.stringify({ ...before, password: "of somebody else" }));
    const log = collectLines();
    expect((await testKeeper(kafka, { log }).look()).users).toBe(1);
    expect(log.lines[0]).toMatchObject({ severity: "WARNING", message: expect.stringContaining("does not know") });
    await logIn(kafka, before);
    await everybodyLogsIn(kafka);
  });

  test("users.json, with both users in Kafka: refused, since either may be in use", async () => {
    await testKeeper(kafka).rotate("generator");
    const file = join(kafka.dir, "keeper", "users.json");
    const state = await readFile(file, "utf8");
    await rm(file);
    await expect(testKeeper(kafka).look()).rejects.toMatchObject({
      code: "bad_configuration",
      message: expect.stringMatching(/has the users generator-a and generator-b, but .*users\.json does not say/),
    });
    await writeFile(file, state);
    // The others had one user each, so they have got the other one meanwhile; their retirement is as ever.
    for (const client of ["processor", "audit"] as const) {
      await testKeeper(kafka).look();
      await testKeeper(kafka).retire(client);
    }
  });
});

test("a version that arrives late, after a crash, is waited for and kept: it is the one that programs read", async () => {
  const before = await latestCredential(kafka, "generator");
  let send = async () => {};
  const lateSecret: TestKeeperOptions = {
    aroundSecret: (secret) => ({
      ...secret,
      async add(value) {
        send = async () => void (await secret.add(value));
        return crash();
      },
    }),
  };
  await expect(testKeeper(kafka, lateSecret).rotate("generator")).rejects.toThrow("killed here");
  setTimeout(() => void send(), 300);
  await testKeeper(kafka, { settleMs: 1_500 }).look();
  const secret = createFolderSecret(kafka.secure.credentials.generator);
  expect(await secret.enabled()).toHaveLength(2);
  await logIn(kafka, before);
  await logIn(kafka, await latestCredential(kafka, "generator"));
});

test("no password stands in any line of the log, nor in any file but the secrets' own", async () => {
  const log = collectLines();
  const keeper = testKeeper(kafka, { log });
  const credentials = [await latestCredential(kafka, "generator")];
  await keeper.rotate("generator");
  credentials.push(await latestCredential(kafka, "generator"), await latestCredential(kafka, "processor"));
  await keeper.look();
  await keeper.retire("generator");
  await logIn(kafka, { ...(await latestCredential(kafka, "generator")), password: "wrong" }).catch(() => undefined);
  const files = (await readdir(kafka.dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const elsewhere = files.filter(({ parentPath }) => !parentPath.startsWith(join(kafka.dir, "secrets")));
  expect(elsewhere.map(({ name }) => name)).toEqual(expect.arrayContaining(["users.json", "kafka.log", "keeper.pem"]));
  const texts = await Promise.all(elsewhere.map(({ parentPath, name }) => readFile(join(parentPath, name), "latin1")));
  for (const { password } of credentials) {
    expect(password.length).toBeGreaterThan(40);
    expect(JSON.stringify(log.lines)).not.toContain(password);
    expect(texts.filter((text) => text.includes(password))).toEqual([]);
  }
});
