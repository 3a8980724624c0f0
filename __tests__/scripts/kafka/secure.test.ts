import { readFile } from "node:fs/promises";
import { connect as connectPlainly } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import { ConfigResourceTypes } from "kafkajs";
import { withAdmin } from "../../../runtime/kafka/kafkajs-admin";
import { openAdministration } from "../../../runtime/kafka/kafkajs-administration";
import { createKafkaSink } from "../../../runtime/kafka/kafkajs-sink";
import { TOPICS } from "../../../runtime/kafka/topics";
import { issueCertificate, makeAuthority, readKeyPair } from "../../../runtime/keeper/certificates";
import { SILENT } from "../../../runtime/support/logging";
import { type Broker, startBroker } from "../../../scripts/kafka/broker";
import {
  clientOptions,
  everybodyLogsIn,
  latestCredential,
  logIn,
  type SecureKafka,
} from "../../runtime/keeper/secure-kafka";
import { startSecureTestBroker } from "../../support/broker";

jest.setTimeout(120_000);

let kafka: Broker & SecureKafka;

beforeAll(async () => {
  kafka = await startSecureTestBroker({ topics: TOPICS });
});

afterAll(() => kafka.stop());

interface Shown {
  readonly cert?: string;
  readonly key?: string;
}

/** The listeners' addresses, as Kafka's own configuration has them. */
async function listeners(): Promise<Record<string, string>> {
  const properties = await readFile(join(kafka.dir, "server.properties"), "utf8");
  const line = /^listeners=(.*)$/m.exec(properties)?.[1] ?? "";
  return Object.fromEntries(line.split(",").map((one) => one.split("://") as [string, string]));
}

/**
 * Asks a listener for its API versions, the first thing that any client asks (kafka.apache.org/protocol).
 * @returns did Kafka answer? TLS 1.3 lets a client believe that it is in before its certificate is refused.
 */
function answers(address: string, shown: Shown | "plain text"): Promise<boolean> {
  const [host = "", port] = address.split(":");
  const to = { host, port: Number(port) };
  return new Promise((resolve) => {
    const socket = shown === "plain text" ? connectPlainly(to) : connect({ ...to, ca: kafka.secure.ca, ...shown });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once(shown === "plain text" ? "connect" : "secureConnect", () =>
      // size 10 | ApiVersions 18, version 0 | correlation 1 | no client id
      socket.write(Buffer.from("0000000a0012000000000001ffff", "hex")),
    );
    socket.once("data", (data: Buffer) => end(data.length >= 8 && data.readInt32BE(4) === 1));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}

async function certificateOf(authorityPem: string, name: string): Promise<Shown> {
  const authority = readKeyPair(authorityPem);
  if (authority === undefined) throw new Error("no authority");
  const pem = await issueCertificate(authority, { name, hosts: [], nowMs: Date.now(), days: 1 });
  const at = pem.indexOf("-----BEGIN CERTIFICATE");
  return { key: pem.slice(0, at), cert: pem.slice(at) };
}

describe("the listeners", () => {
  test("none of them speaks plain text", async () => {
    const all = await listeners();
    expect(Object.keys(all).sort()).toEqual(["ADMIN", "CLIENTS", "CONTROLLER"]);
    for (const address of Object.values(all)) expect(await answers(address, "plain text")).toBe(false);
  });

  test("programs need no certificate, but whoever administers and the controller do, and one of this very authority", async () => {
    const { CLIENTS = "", ADMIN = "", CONTROLLER = "" } = await listeners();
    const own = await readFile(join(kafka.dir, "keeper", "authority.pem"), "utf8");
    const keeper = await certificateOf(own, "rhythmic-keeper");
    const strangers = await certificateOf(await makeAuthority(Date.now()), "rhythmic-keeper");
    expect(await answers(CLIENTS, {})).toBe(true);
    for (const address of [ADMIN, CONTROLLER]) {
      expect(await answers(address, {})).toBe(false);
      expect(await answers(address, strangers)).toBe(false);
      expect(await answers(address, keeper)).toBe(true);
    }
  });

  test("a certificate of the authority with another name gets in, and may do nothing", async () => {
    const own = await readFile(join(kafka.dir, "keeper", "authority.pem"), "utf8");
    const { cert = "", key = "" } = await certificateOf(own, "somebody");
    const client = {
      brokers: [kafka.secure.administrator.brokers],
      clientId: "test",
      log: SILENT,
      security: { ca: kafka.secure.ca, identity: { certificate: cert, key } },
    };
    await expect(
      withAdmin(client, "not made", (admin) => admin.createTopics({ topics: [{ topic: "theirs" }] })),
    ).rejects.toThrow(/AUTHORIZATION_FAILED|not authorized/i);
    const theirs = await openAdministration(client);
    const refused = { code: "broker_refused", message: expect.stringMatching(/Kafka answered .*(31|authoriz)/i) };
    await expect(theirs.setUser("generator-a", "theirs")).rejects.toMatchObject(refused);
    await expect(theirs.removeUser("generator-a")).rejects.toMatchObject(refused);
    await expect(theirs.users(["generator-a"])).rejects.toMatchObject(refused);
    await theirs.close();
    await everybodyLogsIn(kafka);
  });

  test("an open connection has to show its password again within an hour, so that who is shut out is gone by then", async () => {
    const { brokers, security } = kafka.secure.administrator;
    const administrator = { brokers: [brokers], clientId: "test", log: SILENT, security };
    const name = "listener.name.clients.scram-sha-512.connections.max.reauth.ms";
    const described = await withAdmin(administrator, "not read", (admin) =>
      admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: ConfigResourceTypes.BROKER, name: "1", configNames: [name] }],
      }),
    );
    expect(described.resources[0]?.configEntries).toMatchObject([{ configName: name, configValue: "3600000" }]);
  });

  test("a password is not enough for the listener of administration", async () => {
    const credential = await latestCredential(kafka, "generator");
    const { brokers } = kafka.secure.administrator;
    await expect(logIn({ ...kafka, brokers }, credential)).rejects.toMatchObject({ name: "RhythmicError" });
  });
});

test("goes on in its folder with the same authority, users and data, and refuses to be started without security", async () => {
  const before = await latestCredential(kafka, "generator");
  const sink = await createKafkaSink(clientOptions(kafka, before));
  await sink.write("auth_events", "key", "value");
  await sink.close();
  kafka.kill();
  await kafka.exited;
  const { dir } = kafka;
  await expect(startBroker({ dir })).rejects.toMatchObject({
    code: "bad_usage",
    message: expect.stringContaining(`The Kafka in ${dir} is a secure one`),
  });
  const again = await startBroker({ dir, secure: true, topics: TOPICS });
  if (again.secure === undefined) throw new Error("not secure");
  const started = { ...again, secure: again.secure, dir };
  expect(again.secure.ca).toBe(kafka.secure.ca);
  expect(await latestCredential(started, "generator")).toEqual(before);
  await everybodyLogsIn(started);
  const offsets = await withAdmin(clientOptions(started, before), "not read", (admin) =>
    admin.fetchTopicOffsets("auth_events"),
  );
  expect(offsets.reduce((sum, { high }) => sum + Number(high), 0)).toBe(1);
  again.kill();
  await again.exited;
});
