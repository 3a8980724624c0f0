import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withAdmin } from "../../runtime/kafka/kafkajs-admin";
import { openAdministration } from "../../runtime/kafka/kafkajs-administration";
import type { ClientOptions } from "../../runtime/kafka/kafkajs-client";
import { TOPICS } from "../../runtime/kafka/topics";
import { SILENT } from "../../runtime/support/logging";
import { METADATA, parseEnvironmentBlock } from "../../stacks/constructs/machine-metadata";
import { type Cloud, startCloud } from "../support/machine/cloud";
import type { Machine } from "../support/machine/machine";
import { ManagedGroup } from "../support/machine/managed-group";
import { describeOnLinux, describeWithTool } from "../support/requires";

/**
 * The dev platform of a synth, booted: Kafka's machine and the programs' from their own templates, with the real
 * bundles, the real Kafka, Cloud Storage's API from fake-gcs-server and the stand-in for Secret Manager. The tests
 * follow one another, as the days of one deployment do.
 */

jest.setTimeout(150_000);

const START_WITHIN_MS = 90_000;
/** A few seconds of the generator's events. */
const SOME_EVENTS_MS = 4_000;
/** What a preempted machine gives its program. */
const STOP_WITHIN_MS = 25_000;

describeOnLinux("the dev platform of a synth", () => {
  describeWithTool("go", "booted", () => {
    let cloud: Cloud;
    let kafka: Machine;
    let generator: Machine;
    let processors: ManagedGroup;

    beforeAll(async () => {
      cloud = await startCloud();
    });
    afterAll(async () => {
      await processors?.stop();
      await cloud?.stop();
    });

    const isReady = async (machine: Machine) => (await machine.probe("/readyz")) === 200;
    const untilReady = (machine: Machine) => machine.until("it is ready", () => isReady(machine), START_WITHIN_MS);
    const clusterId = () => readFileSync(path.join(cloud.disk.data, "data/cluster-id"), "utf8").trim();
    const authority = () => readFileSync(path.join(cloud.disk.data, "tls/ca.pem"), "utf8");

    /** The one machine of the processors' group. */
    function onlyProcessor(): Machine {
      const [machine, ...others] = processors.machines;
      if (machine === undefined || others.length > 0)
        throw new Error(`${processors.machines.length} machines, not one`);
      return machine;
    }

    /** What the stack gives a program, and the one thing that only the machine knows. */
    function settingsOf(machine: Machine, what: string): Readonly<Record<string, string>> {
      const block = cloud.template(what).attributes[METADATA.environment] ?? "";
      return { ...parseEnvironmentBlock(block), STATUS_ADDRESS: machine.address };
    }

    describe("a first deploy", () => {
      test("the generator's machine, booted before Kafka's, waits for it and says so", async () => {
        generator = await cloud.machine(cloud.template("generator"));
        generator.boot();
        const waits = () => generator.log("rhythmic-generator").some((line) => line.includes("waiting for Kafka"));
        await generator.until("it waits", waits);
        expect(await generator.probe("/readyz")).toBe(503);
        expect(await generator.probe("/healthz")).toBe(503);
      });

      test("Kafka's machine formats its disk and its storage once, and its keeper becomes ready", async () => {
        kafka = await cloud.machine(cloud.template("kafka"));
        kafka.boot();
        await untilReady(kafka);
        expect(cloud.disk.state()).toMatchObject({ fileSystem: "ext4", formatted: 1 });
        expect(kafka.calls("mkfs.ext4")).toEqual(["-q -m 0 /dev/disk/by-id/google-kafka-data"]);
        expect(kafka.log("rhythmic-kafka").filter((line) => line.startsWith("Formatting "))).toHaveLength(1);
        expect(kafka.unit("rhythmic-kafka").restarts).toBe(0);
      });

      test("Kafka holds the topics as declared, and the declared users alone", async () => {
        const { topics, users } = await seenInKafka();
        const declared = TOPICS.map(({ name, partitions, config }) => [name, { partitions, config }] as const);
        expect(topics).toEqual(new Map(declared));
        // The second ones are made when one is rotated for the first time.
        expect([...users].sort()).toEqual(["audit-a", "generator-a", "processor-a"]);
      });

      test("nobody gets in without TLS", async () => {
        const client = { brokers: [cloud.kafkaPlace], clientId: "stranger", log: SILENT };
        const topics = withAdmin(client, "refused", (admin) => admin.listTopics());
        await expect(topics).rejects.toMatchObject({
          code: "broker_untrusted",
          message: expect.stringMatching(/ asks for TLS and a user, and this program came without/),
        });
      });

      test("the generator starts when Kafka is ready, with the stack's settings and the user that was made for it", async () => {
        await untilReady(generator);
        expect(generator.unit("rhythmic-generator").restarts).toBe(0);
        expect(generator.container("rhythmic-generator")?.environment).toEqual(settingsOf(generator, "generator"));
        const own = cloud.secrets.requests.filter(({ token }) => token === generator.metadata.token);
        expect(new Set(own.map(({ path: asked }) => asked.split("?")[0]))).toEqual(
          new Set(["/v1/projects/rhythmic-example/secrets/rhythmic-dev-kafka-generator/versions/latest:access"]),
        );
      });

      test("the processor's group is deployed when its machine is healthy, with the stack's settings", async () => {
        processors = new ManagedGroup(cloud, "processor");
        await processors.roll(cloud.template("processor"));
        const machine = onlyProcessor();
        expect(await machine.probe("/readyz")).toBe(200);
        expect(machine.container("rhythmic-processor")?.environment).toEqual(settingsOf(machine, "processor"));
      });

      test("no password, key or token is in any log or in any machine's metadata", async () => {
        const passwords = await kafkaPasswords();
        expect(passwords).toHaveLength(3);
        const machines = [kafka, generator, ...processors.machines];
        const logs = machines.flatMap((machine) => machine.log()).join("\n");
        const tokens = machines.map((machine) => machine.metadata.token);
        for (const secret of [...passwords, ...tokens, "PRIVATE KEY"]) expect(logs.includes(secret)).toBe(false);
      });
    });

    describe("a roll", () => {
      test("brings the new bundle onto a machine of its own before the old one stops, and nothing is lost or twice", async () => {
        const old = onlyProcessor();
        const bundle = `${bundleOf("processor")}\n// another build\n`;
        await sleep(SOME_EVENTS_MS);
        await processors.roll(cloud.template("processor", await cloud.upload("processor", bundle)));
        const machine = onlyProcessor();
        expect(machine).not.toBe(old);
        expect(await machine.probe("/readyz")).toBe(200);
        expect(old.unit("rhythmic-processor").ends).toEqual([{ code: 0, signal: null }]);
      });

      test("to a bundle that is never ready fails within its time, and leaves the old machine at work", async () => {
        const old = onlyProcessor();
        const broken = "/* Rhythmic processor; never ready */\nsetInterval(() => undefined, 1_000);\n";
        const template = cloud.template("processor", await cloud.upload("processor", broken));
        await expect(processors.roll(template)).rejects.toThrow(/took longer than it may/);
        expect(await old.probe("/readyz")).toBe(200);
        expect(processors.machines[0]).toBe(old);
      });

      test("back to the first bundle is a roll like any other", async () => {
        await processors.roll(cloud.template("processor"));
        expect(await onlyProcessor().probe("/readyz")).toBe(200);
      });
    });

    describe("Kafka", () => {
      test("killed with -9 is started again by its unit, with every record; nobody's machine is made anew for it", async () => {
        const before = await endOffsets();
        expect(Object.keys(before).length).toBeGreaterThan(3);
        const { pid } = kafka.container("rhythmic-kafka") ?? {};
        const { repairs } = processors;
        process.kill(Number(pid), "SIGKILL");
        await kafka.until("its unit has started it again", () => kafka.unit("rhythmic-kafka").restarts === 1);
        // Readiness is the keeper's, which looks at Kafka now and then; Kafka's own word is its answer.
        const answers = () =>
          endOffsets().then(
            () => true,
            () => false,
          );
        await kafka.until("Kafka answers again", answers, START_WITHIN_MS);
        const after = await endOffsets();
        for (const [partition, end] of Object.entries(before)) {
          expect(Number(after[partition])).toBeGreaterThanOrEqual(Number(end));
        }
        const processor = onlyProcessor();
        await untilReady(processor);
        expect(processors.repairs).toBe(repairs);
        expect(processor.unit("rhythmic-processor").restarts).toBe(0);
      });
    });

    describe("a night's stop", () => {
      test("the programs end by themselves within the time of a preempted machine, and the books balance", async () => {
        await sleep(SOME_EVENTS_MS);
        expect(await generator.unit("rhythmic-generator").stop()).toBeLessThan(STOP_WITHIN_MS);
        await processors.stop();
        const processor = onlyProcessor();
        // What the generator wrote last is read; it is committed every five minutes, and at the stop.
        await untilReady(processor);
        await sleep(SOME_EVENTS_MS);
        expect(await processor.unit("rhythmic-processor").stop()).toBeLessThan(STOP_WITHIN_MS);
        expect(processor.unit("rhythmic-processor").ends.at(-1)).toEqual({ code: 0, signal: null });
        const books = await cloud.audit();
        expect(books).toMatchObject({ balanced: true, duplicates: 0, missing: 0 });
        expect(books.acknowledged).toBeGreaterThan(100);
      });

      test("Kafka's machine boots a second time without formatting anything", async () => {
        const [id, ca] = [clusterId(), authority()];
        await kafka.shutDown();
        kafka.boot();
        await untilReady(kafka);
        expect([clusterId(), authority()]).toEqual([id, ca]);
        expect(cloud.disk.state().formatted).toBe(1);
        expect(kafka.log("rhythmic-kafka").filter((line) => line.startsWith("Formatting "))).toHaveLength(1);
      });

      test("a processor that comes back in the morning replays nothing", async () => {
        const { acknowledged } = await cloud.audit();
        const processor = onlyProcessor();
        processor.boot();
        await untilReady(processor);
        await processor.shutDown();
        expect(await cloud.audit()).toMatchObject({ acknowledged, balanced: true, duplicates: 0, missing: 0 });
      });
    });

    describe("a machine of Kafka that replaces the old one", () => {
      test("goes on from the disk: the same cluster, authority, users and records, and what a changed declaration says", async () => {
        const before = {
          id: clusterId(),
          ca: authority(),
          passwords: await kafkaPasswords(),
          ends: await endOffsets(),
        };
        await kafka.shutDown();
        await kafka.remove();
        const changed = bundleOf("keeper")
          .replace("PARTITIONS_PER_TOPIC = 3", "PARTITIONS_PER_TOPIC = 4")
          .replace("RETENTION_MS = 7 * 24", "RETENTION_MS = 8 * 24");
        kafka = await cloud.machine(cloud.template("kafka", await cloud.upload("keeper", changed)));
        kafka.boot();
        await untilReady(kafka);
        const [id, ca, passwords] = [clusterId(), authority(), await kafkaPasswords()];
        expect({ id, ca, passwords, ends: await endOffsets() }).toEqual(before);
        expect(cloud.disk.state().formatted).toBe(1);
        expect(kafka.calls("mkfs.ext4")).toEqual([]);
        expect(kafka.calls("fsck.ext4")).toEqual(["-p /dev/disk/by-id/google-kafka-data"]);
        const { topics } = await seenInKafka();
        const expected = { partitions: 4, config: expect.objectContaining({ "retention.ms": String(8 * 86_400_000) }) };
        expect([...topics.values()]).toEqual(TOPICS.map(() => expected));
      });

      test("is found by the programs of the day before, and the books balance again", async () => {
        const processor = onlyProcessor();
        for (const machine of [generator, processor]) machine.boot();
        for (const machine of [generator, processor]) await untilReady(machine);
        await sleep(SOME_EVENTS_MS);
        await generator.shutDown();
        await sleep(SOME_EVENTS_MS);
        await processor.shutDown();
        expect(await cloud.audit()).toMatchObject({ balanced: true, duplicates: 0, missing: 0 });
      });
    });

    test("the loader's machine takes its settings, reads the lake, and says that BigQuery is to come", async () => {
      const loader = await cloud.machine(cloud.template("loader"));
      loader.boot();
      await loader.until("it has said so", () => loader.log("rhythmic-loader").some((line) => /BigQuery/.test(line)));
      expect(loader.unit("rhythmic-loader").ends[0]?.code).not.toBe(0);
      const read = cloud.google.requests.filter(
        ({ email, path: asked }) => email?.includes("loader") && /lake/.test(asked),
      );
      expect(read.some(({ status }) => status === 200)).toBe(true);
    });

    /** The programs' passwords, as the stand-in holds them. */
    function kafkaPasswords(): Promise<readonly string[]> {
      const clients = ["audit", "generator", "processor"];
      return Promise.all(
        clients.map(async (client) => {
          const value = await cloud.secretOf(`rhythmic-dev-kafka-${client}`);
          return (JSON.parse(value) as { readonly password: string }).password;
        }),
      );
    }

    function bundleOf(program: string): string {
      const file = [...cloud.platform.files.keys()].find((name) => name.endsWith(`/${program}.cjs`));
      return cloud.platform.files.get(file ?? "") ?? "";
    }

    /** End offsets of the partitions that hold records. */
    async function endOffsets(): Promise<Readonly<Record<string, string>>> {
      return withAdmin(asKafka(), "the offsets can't be read", async (admin) => {
        const all = await Promise.all(
          TOPICS.map(async ({ name }) => {
            const offsets = await admin.fetchTopicOffsets(name);
            return offsets
              .filter(({ high }) => high !== "0")
              .map(({ partition, high }) => [`${name}/${partition}`, high]);
          }),
        );
        return Object.fromEntries(all.flat());
      });
    }

    async function seenInKafka() {
      const administration = await openAdministration(asKafka());
      try {
        return {
          topics: await administration.topics(TOPICS.map(({ name }) => name)),
          users: await administration.users(),
        };
      } finally {
        await administration.close();
      }
    }

    /** As whoever is root on Kafka's machine, by Kafka's own certificate, which may do everything. */
    function asKafka(): ClientOptions {
      const pem = readFileSync(path.join(cloud.disk.data, "tls/broker.pem"), "utf8");
      return {
        brokers: [kafka.placeOf("127.0.0.1:9094")],
        clientId: "root",
        log: SILENT,
        security: { ca: authority(), identity: { certificate: pem, key: pem } },
      };
    }
  });
});
