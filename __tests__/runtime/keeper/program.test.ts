import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { TOPICS } from "../../../runtime/kafka/topics";
import { keeperSettings } from "../../../runtime/keeper/settings";
import { environmentOf } from "../../../runtime/support/settings";
import type { Broker } from "../../../scripts/kafka/broker";
import { freePorts } from "../../../scripts/kafka/ports";
import { startSecureTestBroker } from "../../support/broker";
import { eventually } from "../../support/eventually";
import { type RunningProgram, runBundle } from "../../support/program";
import { everybodyLogsIn, latestCredential, logIn, type SecureKafka } from "./secure-kafka";

/** The keeper as its machine runs it: its bundle, on the real broker. */

jest.setTimeout(60_000);

let kafka: Broker & SecureKafka;

beforeAll(async () => {
  kafka = await startSecureTestBroker({ topics: TOPICS });
});

afterAll(() => kafka.stop());

type Settings = Parameters<typeof environmentOf<typeof keeperSettings>>[1];

function keeper(changes: Partial<Settings> = {}): RunningProgram {
  return runBundle(
    "keeper",
    environmentOf(keeperSettings, {
      KEEPER_FOLDER: join(kafka.dir, "keeper"),
      KEEPER_TLS_FOLDER: join(kafka.dir, "tls"),
      KEEPER_HOSTS: ["127.0.0.1"],
      KEEPER_BROKER: kafka.secure.administrator.brokers,
      KEEPER_SECRETS: `${join(kafka.dir, "secrets")}/`,
      ...changes,
    }),
  );
}

async function ended(program: RunningProgram) {
  const { code } = await program.ended;
  return { code, stderr: program.stderr(), stdout: program.stdout() };
}

function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    get({ host: "127.0.0.1", port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).once("error", () => resolve(undefined));
  });
}

test("--prepare makes what Kafka needs before it can start, without Kafka, and ends", async () => {
  const folder = join(kafka.dir, "another-machine");
  const prepared = await ended(
    keeper({
      KEEPER_PREPARE: true,
      KEEPER_FOLDER: join(folder, "keeper"),
      KEEPER_TLS_FOLDER: join(folder, "tls"),
      KEEPER_BROKER: "127.0.0.1:1",
    }),
  );
  expect(prepared.code).toBe(0);
  expect((await readdir(join(folder, "tls"))).sort()).toEqual(["broker.pem", "ca.pem", "controller.pem"]);
  expect((await readdir(join(folder, "keeper"))).sort()).toEqual(["authority.pem", "keeper.pem"]);
});

test("rotate and retire run beside the keeper that is running, with the same settings; SIGTERM ends that one at once", async () => {
  const [port = 0] = await freePorts(1);
  const running = keeper({ STATUS_PORT: port, KEEPER_INTERVAL_MS: 1_000 });
  await eventually("it is ready", async () => (await statusOf(port, "/readyz")) === 200);
  const before = await latestCredential(kafka, "generator");

  const rotated = await ended(keeper({ STATUS_PORT: port, KEEPER_ROTATE: "generator" }));
  expect(rotated).toMatchObject({ code: 0, stdout: expect.stringContaining("generator gets the user generator-b") });
  const again = await ended(keeper({ KEEPER_ROTATE: "generator" }));
  expect(again.code).toBe(2);
  expect(again.stderr).toContain("the last rotation is not ended");
  const retired = await ended(keeper({ STATUS_PORT: port, KEEPER_RETIRE: "generator" }));
  expect(retired).toMatchObject({ code: 0, stdout: expect.stringContaining("generator-a gets in no more") });
  await everybodyLogsIn(kafka);
  await expect(logIn(kafka, before)).rejects.toMatchObject({ code: "broker_untrusted" });

  const stoppedAtMs = Date.now();
  running.process.kill("SIGTERM");
  expect(await running.ended).toEqual({ code: 0, signal: null });
  expect(Date.now() - stoppedAtMs).toBeLessThan(3_000);
  for (const { stderr, stdout } of [rotated, again, retired, { stderr: running.stderr(), stdout: running.stdout() }]) {
    for (const { password } of [before, await latestCredential(kafka, "generator")]) {
      expect(stderr + stdout).not.toContain(password);
    }
  }
});

test("killed with -9 in the middle of a rotation, it leaves a state that the next one brings to its end", async () => {
  const before = await latestCredential(kafka, "processor");
  const file = join(kafka.dir, "keeper", "users.json");
  const rotating = keeper({ KEEPER_ROTATE: "processor" });
  // On a machine that is fast enough it may be done before we look; then the second one has nothing left to do.
  const isOver = () => rotating.process.exitCode !== null;
  await eventually(
    "the rotation has begun",
    async () => (await readFile(file, "utf8")).includes('"intent"') || isOver(),
  );
  rotating.process.kill("SIGKILL");
  await rotating.ended;
  await logIn(kafka, before);
  await logIn(kafka, await latestCredential(kafka, "processor"));
  // What is left of the lease is not waited for: it is a crashed holder's after ten seconds, which a test need not see.
  await rm(join(kafka.dir, "keeper", "lease"), { force: true });
  const state = await readFile(file, "utf8");
  if (state.includes('"intent"')) {
    // As if a minute had passed, in which a version could still have arrived.
    await writeFile(file, state.replace(/"at": "[^"]+"/, '"at": "2026-01-01T00:00:00.000Z"'));
  }
  await ended(keeper({ KEEPER_ROTATE: "processor" }));
  const after = await latestCredential(kafka, "processor");
  expect(after.username).not.toBe(before.username);
  await logIn(kafka, before);
  await logIn(kafka, after);
  expect((await ended(keeper({ KEEPER_RETIRE: "processor" }))).code).toBe(0);
  await everybodyLogsIn(kafka);
});

test.each([
  [
    { KEEPER_ROTATE: "loader" },
    /KEEPER_ROTATE \(--rotate\) is "loader"; it must be one of generator, processor, audit/,
  ],
  [{ KEEPER_SECRETS: "secrets" }, /KEEPER_SECRETS .* with a slash at its end/],
  [{ KEEPER_BROKER: "kafka" }, /KEEPER_BROKER .* host:port/],
])("%j is refused with what is allowed", async (changes, sentence) => {
  const environment = {
    KEEPER_FOLDER: "/nowhere",
    KEEPER_TLS_FOLDER: "/nowhere",
    KEEPER_HOSTS: "127.0.0.1",
    KEEPER_BROKER: "127.0.0.1:1",
    KEEPER_SECRETS: "/nowhere/",
    ...changes,
  };
  const refused = await ended(runBundle("keeper", environment));
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(sentence);
});

test("a Kafka that does not answer is named with the keeper's own setting, and nothing is changed", async () => {
  const refused = await ended(keeper({ KEEPER_BROKER: "127.0.0.1:1", KEEPER_ROTATE: "audit" }));
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("Kafka does not answer at 127.0.0.1:1 (ECONNREFUSED)");
  expect(refused.stderr).toContain("KEEPER_BROKER (--broker) has its host:port");
  await everybodyLogsIn(kafka);
});

test("two things at once are refused", async () => {
  const refused = await ended(keeper({ KEEPER_PREPARE: true, KEEPER_ROTATE: "generator" }));
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--prepare and --rotate can't be done at once"),
  });
});
