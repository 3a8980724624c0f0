import tls from "node:tls";
import {
  AUDIT_GROUP,
  GENERATOR_GROUP,
  type KafkaClient,
  kafkaUserOf,
  lookGroupOf,
  PROCESSOR_GROUP,
} from "../../../runtime/kafka/access";
import { parseCredential } from "../../../runtime/kafka/credentials";
import type { EventSink } from "../../../runtime/kafka/event-sink";
import type { EventSource } from "../../../runtime/kafka/event-source";
import { createTopics } from "../../../runtime/kafka/kafkajs-admin";
import { openAdministration } from "../../../runtime/kafka/kafkajs-administration";
import { createKafkaSink } from "../../../runtime/kafka/kafkajs-sink";
import { createKafkaSource } from "../../../runtime/kafka/kafkajs-source";
import { createKafkaTail } from "../../../runtime/kafka/kafkajs-tail";
import { openKafka } from "../../../runtime/kafka/open-kafka";
import type { KafkaSecurity } from "../../../runtime/kafka/security";
import { topicNames } from "../../../runtime/kafka/settings";
import { TOPICS } from "../../../runtime/kafka/topics";
import { makeAuthority, readKeyPair } from "../../../runtime/keeper/certificates";
import { openSecret } from "../../../runtime/secrets/open-secret";
import { SILENT } from "../../../runtime/support/logging";
import type { Broker } from "../../../scripts/kafka/broker";
import type { BrokerSecurity } from "../../../scripts/kafka/secure";
import { startSecureTestBroker } from "../../support/broker";
import { eventually } from "../../support/eventually";
import { collectLines } from "../../support/lines";
import { type CertificateDates, showAnotherCertificate, watchSockets } from "./secure-fixture";

jest.setTimeout(60_000);

const DAY_MS = 86_400_000;
const [TOPIC = ""] = topicNames("none");
/** There, but declared nowhere. */
const FOREIGN_TOPIC = { name: "foreign", partitions: 1, config: {} };
/** The local broker allows so little. */
const SESSION_TIMEOUT_MS = 2_000;

let broker: Broker & { readonly dir: string; readonly secure: BrokerSecurity };
let generator: KafkaSecurity;
let processor: KafkaSecurity;
let audit: KafkaSecurity;

async function securityOf(client: KafkaClient): Promise<KafkaSecurity> {
  const version = await openSecret(broker.secure.credentials[client]).latest();
  if (version === undefined) throw new Error(`${client} has no credential`);
  return parseCredential(version);
}

beforeAll(async () => {
  broker = await startSecureTestBroker({ topics: TOPICS });
  generator = await securityOf("generator");
  processor = await securityOf("processor");
  audit = await securityOf("audit");
  const { administrator } = broker.secure;
  await createTopics([administrator.brokers], [FOREIGN_TOPIC], SILENT, administrator.security);
});

afterEach(() => {
  jest.restoreAllMocks();
});

afterAll(async () => {
  await broker?.stop();
});

function client(security: KafkaSecurity | undefined, brokers = [broker.brokers]) {
  return { brokers, clientId: "test", log: SILENT, security };
}

function withPassword(security: KafkaSecurity, username: string, password: string): KafkaSecurity {
  return { ca: security.ca, identity: { username, password } };
}

/** Every way in which a program comes to Kafka: each must be told the same. */
async function expectRefusal(options: ReturnType<typeof client>, refusal: object): Promise<void> {
  const ways = [
    createKafkaSink(options),
    createKafkaSource({ ...options, groupId: PROCESSOR_GROUP }),
    createTopics(options.brokers, TOPICS, options.log, options.security),
  ];
  for (const outcome of await Promise.allSettled(ways)) {
    expect(outcome).toMatchObject({ status: "rejected", reason: refusal });
  }
}

/** Reads the whole of a topic, as the processor does. */
async function readAll(source: EventSource, topic: string): Promise<string[]> {
  const values: string[] = [];
  await source.start([topic], {
    assigned: (assignment) => {
      for (const partition of assignment.get(topic) ?? []) source.seek(topic, partition, 0);
    },
    records: async (_, __, records) => {
      for (const { value } of records) values.push(String(value));
    },
  });
  const ends = await source.offsets(topic);
  const all = [...ends.values()].reduce((sum, { end }) => sum + end, 0);
  await eventually("all records are read", () => values.length >= all);
  return values;
}

describe("a program with its own credential", () => {
  test("writes as generator and reads as processor, over TLS alone", async () => {
    const connect = jest.spyOn(tls, "connect");
    const sink = await createKafkaSink(client(generator));
    await sink.write(TOPIC, "key", "written over TLS");
    await sink.close();
    const source = await createKafkaSource({ ...client(processor), groupId: PROCESSOR_GROUP });
    expect(await readAll(source, TOPIC)).toContain("written over TLS");
    const [partition, end] = await lastOffset(source);
    await source.commitOffsets(new Map([[TOPIC, new Map([[partition, end]])]]));
    // In the group `<group>-look`.
    expect(String((await source.recordAt(TOPIC, partition, end - 1))?.value)).toBe("written over TLS");
    await source.stop();
    expect(connect.mock.calls.length).toBeGreaterThan(2);
  });

  test("is opened by what KAFKA_CREDENTIALS names, for each of the platform's programs", async () => {
    for (const name of ["generator", "processor", "audit"] as const) {
      const connection = await openKafka({
        settings: { KAFKA_CREDENTIALS: broker.secure.credentials[name], KAFKA_WAIT_MAX_MS: 10_000 },
        brokers: [broker.brokers],
        clientId: name,
        topics: topicNames("none"),
        openSecret,
        log: SILENT,
        stop: new AbortController().signal,
      });
      expect(connection?.security?.identity).toMatchObject({ username: kafkaUserOf(name, "a") });
    }
  });
});

async function lastOffset(source: EventSource): Promise<[partition: number, end: number]> {
  for (const [partition, { end }] of await source.offsets(TOPIC)) if (end > 0) return [partition, end];
  throw new Error("nothing has been written");
}

describe("a sink, a source and an administration", () => {
  test("with a wrong password are told so, with its user and without the password", async () => {
    const user = kafkaUserOf("generator", "a");
    await expectRefusal(client(withPassword(generator, user, "open sesame")), {
      code: "broker_untrusted",
      retryable: false,
      message: expect.stringMatching(
        new RegExp(`refuses the user ${user}: it has no such user, or the password is another one(?!.*sesame)`),
      ),
    });
  });

  test("with a user that Kafka does not have are told so", async () => {
    await expectRefusal(client(withPassword(generator, "nobody", "password")), {
      code: "broker_untrusted",
      message: expect.stringContaining("refuses the user nobody: it has no such user"),
    });
  });

  test("without TLS and without a user are told that Kafka asks for both", async () => {
    await expectRefusal(client(undefined), {
      code: "broker_untrusted",
      message: `Kafka at ${broker.brokers} asks for TLS and a user, and this program came without; say in KAFKA_CREDENTIALS (--credentials) where its own stand.`,
    });
  });

  test("that trust another authority are told which one has signed Kafka's certificate", async () => {
    const other = readKeyPair(await makeAuthority(Date.now()))?.certificate.toString() ?? "";
    await expectRefusal(client({ ...generator, ca: other }), {
      code: "broker_untrusted",
      message: expect.stringContaining(
        "was signed by another authority (CN=rhythmic-authority) than this program's credential names",
      ),
    });
  });

  test("that dial a name which Kafka's certificate is not for are told the names that it is for", async () => {
    // The same address to the system, another name to TLS.
    const brokers = [broker.brokers.replace("127.0.0.1", "127.1")];
    await expectRefusal(client(generator, brokers), {
      code: "broker_untrusted",
      message: expect.stringMatching(/is for .*127\.0\.0\.1.* and not for 127\.1; give one of those names/),
    });
  });

  test("at the listener for administration are told that their user is none for it", async () => {
    const brokers = [broker.secure.administrator.brokers];
    await expectRefusal(client(generator, brokers), {
      code: "broker_untrusted",
      message: expect.stringContaining("asks for a certificate, and this program comes with a user"),
    });
  });
});

function showCertificate(dates: CertificateDates): Promise<void> {
  return showAnotherCertificate(broker, dates);
}

const RIGHT_NOW = { days: 10 };

describe("a certificate of Kafka's", () => {
  afterEach(() => showCertificate({ ...RIGHT_NOW, nowMs: Date.now() }));

  test("that has expired is named as such, with its date", async () => {
    const endsMs = Math.floor((Date.now() - DAY_MS) / 1000) * 1000;
    await showCertificate({ nowMs: endsMs - 2 * DAY_MS, days: 2 });
    await expectRefusal(client(generator), {
      code: "broker_out_of_date",
      retryable: true,
      message: expect.stringContaining(`has expired: it was valid until ${new Date(endsMs).toISOString()}`),
    });
  });

  test("that is not yet valid raises the question whether a clock is wrong, and shows this machine's", async () => {
    await showCertificate({ nowMs: Date.now() + DAY_MS, days: 2 });
    await expectRefusal(client(generator), {
      code: "broker_out_of_date",
      message: expect.stringMatching(
        new RegExp(`is not yet valid.*this machine's clock says ${new Date().toISOString().slice(0, 13)}.*NTP`),
      ),
    });
  });
});

describe("a program that is running", () => {
  let source: EventSource | undefined;

  afterEach(async () => {
    await source?.stop();
  });

  test("goes on by itself when an expired certificate is renewed", async () => {
    const breakConnections = watchSockets();
    const log = collectLines();
    const options = { groupId: PROCESSOR_GROUP, sessionTimeoutMs: SESSION_TIMEOUT_MS, log };
    source = await createKafkaSource({ ...client(processor), ...options });
    let assignments = 0;
    await source.start([TOPIC], {
      assigned: () => {
        assignments++;
      },
      records: async () => undefined,
    });
    await showCertificate({ nowMs: Date.now() - 3 * DAY_MS, days: 2 });
    breakConnections();
    await eventually("it says what is wrong", () =>
      log.lines.some(({ context }) => String(context.error).includes("has expired")),
    );
    await showCertificate({ ...RIGHT_NOW, nowMs: Date.now() });
    await eventually("it has joined again", () => assignments === 2);
  });

  test("ends where Kafka no longer takes its user: only a new start reads another credential", async () => {
    const administrator = await openAdministration({
      ...client(broker.secure.administrator.security, [broker.secure.administrator.brokers]),
    });
    const breakConnections = watchSockets();
    const slot = kafkaUserOf("audit", "b");
    await administrator.setUser(slot, "only for a while");
    const retired = withPassword(audit, slot, "only for a while");
    const rules = ["read", "describe"].map((operation) => rule(slot, "topic", TOPIC, operation));
    await administrator.addAccessRules([...rules, rule(slot, "group", AUDIT_GROUP, "read")]);
    // A user is known a moment after it was made.
    await eventually("the user is let in", async () => {
      source = await createKafkaSource({ ...client(retired), groupId: AUDIT_GROUP }).catch(() => undefined);
      return source !== undefined;
    });
    if (source === undefined) throw new Error("unreachable");
    await source.start([TOPIC], { assigned: () => undefined, records: async () => undefined });
    await administrator.removeUser(slot);
    await administrator.close();
    breakConnections();
    expect(await source.failed).toMatchObject({
      code: "broker_untrusted",
      message: expect.stringContaining(`refuses the user ${slot}`),
    });
  });
});

function rule(user: string, resource: string, name: string, operation: string) {
  return { principal: `User:${user}`, host: "*", resource, name, pattern: "literal", operation, permission: "allow" };
}

function notAllowed(user: string, answer: string) {
  return {
    code: "broker_untrusted",
    message: expect.stringMatching(new RegExp(`does not allow it to the user ${user} \\(${answer}\\)`)),
  };
}

async function write(security: KafkaSecurity, topic: string): Promise<void> {
  const sink: EventSink = await createKafkaSink({ ...client(security), deliveryTimeoutMs: 5_000 });
  try {
    await sink.write(topic, "key", "value");
  } finally {
    await sink.close();
  }
}

/** Joins a group and commits an offset in it. */
async function commit(security: KafkaSecurity, groupId: string, topic = TOPIC): Promise<void> {
  const source = await createKafkaSource({ ...client(security), groupId, sessionTimeoutMs: SESSION_TIMEOUT_MS });
  try {
    await source.start([topic], { assigned: () => undefined, records: async () => undefined });
    await source.commitOffsets(new Map([[topic, new Map([[0, 0]])]]));
  } finally {
    await source.stop();
  }
}

function makeTopic(security: KafkaSecurity): Promise<unknown> {
  return createTopics([broker.brokers], [{ name: "homemade", partitions: 1, config: {} }], SILENT, security);
}

describe("Kafka lets the generator", () => {
  const user = kafkaUserOf("generator", "a");

  test.each(topicNames("none"))("write %s", (topic) => write(generator, topic));

  test("write no other topic", async () => {
    await expect(write(generator, FOREIGN_TOPIC.name)).rejects.toMatchObject(
      notAllowed(user, "TOPIC_AUTHORIZATION_FAILED"),
    );
  });

  test("read what it has written, in its own group, as it does after a crash", async () => {
    await write(generator, TOPIC);
    const tail = createKafkaTail({ ...client(generator), groupId: GENERATOR_GROUP, topics: topicNames("none") });
    const held = [...(await tail.offsets(TOPIC))].map(([partition, { earliest, end }]) => ({
      partition,
      earliest,
      end,
    }));
    let records = 0;
    await tail.read(
      held.map(({ partition, earliest, end }) => ({ topic: TOPIC, partition, from: earliest, until: end })),
      () => {
        records++;
      },
    );
    await tail.close();
    expect(records).toBe(held.reduce((sum, { earliest, end }) => sum + end - earliest, 0));
    expect(records).toBeGreaterThan(0);
  });

  test.each([PROCESSOR_GROUP, "a-group-of-its-own"])("read nothing in the group %s", async (group) => {
    await expect(commit(generator, group)).rejects.toMatchObject(
      notAllowed(user, "(GROUP|TOPIC)_AUTHORIZATION_FAILED"),
    );
  });

  test("make no topic", async () => {
    await expect(makeTopic(generator)).rejects.toMatchObject(notAllowed(user, "(TOPIC|CLUSTER)_AUTHORIZATION_FAILED"));
  });
});

describe("Kafka lets the processor", () => {
  const user = kafkaUserOf("processor", "a");

  test.each([PROCESSOR_GROUP, lookGroupOf(PROCESSOR_GROUP)])("commit offsets of the group %s", (group) =>
    commit(processor, group),
  );

  test.each([AUDIT_GROUP, "another"])("neither join nor commit in the group %s", async (group) => {
    await expect(commit(processor, group)).rejects.toMatchObject(notAllowed(user, "GROUP_AUTHORIZATION_FAILED"));
  });

  test("write nothing", async () => {
    await expect(write(processor, TOPIC)).rejects.toMatchObject({
      code: expect.stringMatching(/broker_untrusted|delivery_failed/),
      message: expect.stringContaining(`does not allow it to the user ${user}`),
    });
  });

  test("read no other topic", async () => {
    await expect(commit(processor, PROCESSOR_GROUP, FOREIGN_TOPIC.name)).rejects.toMatchObject(
      notAllowed(user, "TOPIC_AUTHORIZATION_FAILED"),
    );
  });

  test("make no topic", async () => {
    await expect(makeTopic(processor)).rejects.toMatchObject(notAllowed(user, "(TOPIC|CLUSTER)_AUTHORIZATION_FAILED"));
  });
});

describe("Kafka lets the audit", () => {
  const user = kafkaUserOf("audit", "a");

  test("read records, in its own groups", async () => {
    const source = await createKafkaSource({ ...client(audit), groupId: AUDIT_GROUP });
    const [partition] = await lastOffset(source);
    expect(await source.recordAt(TOPIC, partition, 0)).toBeDefined();
    await source.stop();
  });

  test("neither join nor commit in the processor's group, which would take its partitions", async () => {
    await expect(commit(audit, PROCESSOR_GROUP)).rejects.toMatchObject(notAllowed(user, "GROUP_AUTHORIZATION_FAILED"));
  });

  test("write nothing", async () => {
    await expect(write(audit, TOPIC)).rejects.toMatchObject({
      message: expect.stringContaining(`does not allow it to the user ${user}`),
    });
  });
});
