import { parseCredential } from "../../../runtime/kafka/credentials";
import { type OpenKafkaOptions, openKafka } from "../../../runtime/kafka/open-kafka";
import { makeAuthority, readKeyPair } from "../../../runtime/keeper/certificates";
import { createMemorySecret } from "../../../runtime/secrets/memory-secret";
import { RhythmicError } from "../../../runtime/support/errors";
import { SILENT } from "../../../runtime/support/logging";
import { UNWATCHED } from "../../../runtime/support/status/status";
import { freePorts } from "../../../scripts/kafka/ports";
import { eventually } from "../../support/eventually";
import { collectLines } from "../../support/lines";

const PLACE = "projects/p/secrets/kafka-generator";

let ca: string;
let credential: string;

beforeAll(async () => {
  ca = readKeyPair(await makeAuthority(Date.now()))?.certificate.toString() ?? "";
  credential = JSON.stringify({ username: "generator-a", password: "open sesame", ca });
});

describe("a credential", () => {
  test("gives the user, its password and the authority", () => {
    expect(parseCredential({ name: PLACE, value: credential })).toEqual({
      ca,
      identity: { username: "generator-a", password: "open sesame" },
    });
  });

  test.each([
    ["nothing", () => "", "it is empty"],
    ["text", () => "open sesame", "it is not JSON"],
    ["half of it", () => credential.slice(0, -5), "it is not JSON"],
    ["a list", () => '["open sesame"]', "it is no JSON object"],
    ["null", () => "null", "it is no JSON object"],
    ["no user", () => JSON.stringify({ password: "open sesame", ca }), "username is missing"],
    ["an empty password", () => JSON.stringify({ username: "u", password: "", ca }), "password must be a text"],
    ["a number as password", () => JSON.stringify({ username: "u", password: 5, ca }), "password must be a text"],
    ["no authority", () => JSON.stringify({ username: "u", password: "open sesame" }), "ca is missing"],
    [
      "something else as authority",
      () => JSON.stringify({ username: "u", password: "open sesame", ca: "open sesame" }),
      "ca is no certificate in PEM form",
    ],
  ])("that holds %s is refused by name, and none of it is said again", (_, value, problem) => {
    const refusal = problemOf(() => parseCredential({ name: `${PLACE}/versions/3`, value: value() }));
    expect(refusal).toMatchObject({ code: "bad_settings", retryable: false });
    expect(refusal.message).toContain(`The credential ${PLACE}/versions/3, which KAFKA_CREDENTIALS`);
    expect(refusal.message).toContain(problem);
    expect(refusal.message).not.toContain("sesame");
  });

  test("with everything wrong names everything at once", () => {
    expect(problemOf(() => parseCredential({ name: PLACE, value: "{}" })).message).toContain(
      "username is missing; password is missing; ca is missing",
    );
  });
});

function problemOf(work: () => unknown): RhythmicError {
  try {
    work();
  } catch (error) {
    if (error instanceof RhythmicError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a program at its start", () => {
  let nobody: string;

  beforeAll(async () => {
    [nobody = ""] = (await freePorts(1)).map((port) => `127.0.0.1:${port}`);
  });

  function options(changes: Partial<OpenKafkaOptions>): OpenKafkaOptions {
    return {
      settings: { KAFKA_CREDENTIALS: undefined },
      brokers: [nobody],
      clientId: "test",
      topics: ["listen_events"],
      openSecret: () => createMemorySecret(),
      log: SILENT,
      stop: new AbortController().signal,
      ...changes,
    };
  }

  test("without settings for it asks nobody, and comes without TLS and without a user", async () => {
    const openSecret = jest.fn();
    expect(await openKafka(options({ openSecret }))).toEqual({ brokers: [nobody], clientId: "test", log: SILENT });
    expect(openSecret).not.toHaveBeenCalled();
  });

  test("takes its credential from the secret that it is given", async () => {
    const secret = createMemorySecret();
    await secret.add(credential);
    const openSecret = jest.fn(() => secret);
    const connection = await openKafka(options({ settings: { KAFKA_CREDENTIALS: PLACE }, openSecret }));
    expect(connection?.security).toEqual(parseCredential({ name: PLACE, value: credential }));
    expect(openSecret).toHaveBeenCalledWith(PLACE);
  });

  test("that may not wait fails at once where its secret has no version", async () => {
    const settings = { KAFKA_CREDENTIALS: PLACE, KAFKA_WAIT_MAX_MS: 0 };
    await expect(openKafka(options({ settings }))).rejects.toMatchObject({
      code: "secret_unusable",
      message: `The secret ${PLACE}, which KAFKA_CREDENTIALS (--credentials) names, is not there or has no version yet; the keeper on Kafka's machine adds one when Kafka has started.`,
    });
  });

  test("waits for a version, takes it as soon as it is there, and says what it waits for", async () => {
    const secret = createMemorySecret();
    const log = collectLines();
    const said: string[] = [];
    const stop = new AbortController();
    const opening = openKafka(
      options({
        settings: { KAFKA_CREDENTIALS: PLACE, KAFKA_WAIT_MAX_MS: 60_000 },
        openSecret: () => secret,
        log,
        stop: stop.signal,
        status: { ...UNWATCHED, notReady: (why) => void said.push(why) },
      }),
    );
    await eventually("it says that it waits", () => log.lines.length === 1);
    expect(log.lines[0]).toMatchObject({
      severity: "INFO",
      message: expect.stringContaining(`waiting for Kafka: The secret ${PLACE}`),
      context: { code: "secret_unusable", waitMaxMs: 60_000 },
    });
    await secret.add(credential);
    // From here on it is Kafka that is missing; not a line a try, but /readyz has it at once.
    await eventually("it asks Kafka", () => said.some((why) => why.includes(`Kafka does not answer at ${nobody}`)));
    expect(log.lines.filter(({ message }) => message.startsWith("waiting"))).toHaveLength(1);
    stop.abort();
    expect(await opening).toBeUndefined();
  });

  test("goes on waiting where the secret can't be read for now", async () => {
    const secret = createMemorySecret();
    await secret.add(credential);
    let failures = 1;
    const latest = async () => {
      if (failures-- > 0) throw new RhythmicError("secret_unusable", "Secret Manager answered 503.");
      return secret.latest();
    };
    const stop = new AbortController();
    const said: string[] = [];
    const opening = openKafka(
      options({
        settings: { KAFKA_CREDENTIALS: PLACE, KAFKA_WAIT_MAX_MS: 60_000 },
        openSecret: () => ({ latest }),
        stop: stop.signal,
        status: { ...UNWATCHED, notReady: (why) => void said.push(why) },
      }),
    );
    await eventually("it asks Kafka", () => said.some((why) => why.includes("Kafka does not answer")));
    expect(said[0]).toContain("503");
    stop.abort();
    expect(await opening).toBeUndefined();
  });

  test("does not wait for a credential that is wrong: no waiting makes it right", async () => {
    const secret = createMemorySecret();
    await secret.add("{}");
    const settings = { KAFKA_CREDENTIALS: PLACE, KAFKA_WAIT_MAX_MS: 60_000 };
    await expect(openKafka(options({ settings, openSecret: () => secret }))).rejects.toMatchObject({
      code: "bad_settings",
    });
  });

  test("says why, when its time is over", async () => {
    const startedMs = performance.now();
    await expect(
      openKafka(options({ settings: { KAFKA_CREDENTIALS: undefined, KAFKA_WAIT_MAX_MS: 1_000 } })),
    ).rejects.toMatchObject({
      code: "broker_unreachable",
      message: expect.stringContaining(`Kafka does not answer at ${nobody} (ECONNREFUSED)`),
    });
    expect(performance.now() - startedMs).toBeGreaterThan(1_000);
  });

  test("is stopped at once, whatever it waits for", async () => {
    const stop = new AbortController();
    const never = { latest: () => new Promise<never>(() => undefined) };
    const settings = { KAFKA_CREDENTIALS: PLACE, KAFKA_WAIT_MAX_MS: 604_800_000 };
    const openings = [openKafka(options({ settings, openSecret: () => never, stop: stop.signal }))];
    openings.push(openKafka(options({ settings, stop: stop.signal })));
    setTimeout(() => stop.abort(), 100);
    const startedMs = performance.now();
    expect(await Promise.all(openings)).toEqual([undefined, undefined]);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});
