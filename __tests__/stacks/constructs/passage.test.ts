import { Passage } from "../../../stacks/constructs/passage";
import { ProgramAccount } from "../../../stacks/constructs/program-account";
import { PlatformStack } from "../../../stacks/platform-stack";
import { environmentFor, resourceAt, synthesizeOnly } from "../one-stack";

class Some extends PlatformStack {}

const environment = environmentFor("dev");

/** A passage to Kafka from a program of its own stack, and from one of a later stack. */
const platform = synthesizeOnly((app) => {
  const stack = new Some(app, "kafka", environment);
  const kafka = new ProgramAccount(stack, "kafka", environment, "kafka", "Is Kafka.");
  const to = { what: "kafka", account: kafka, address: "10.20.0.10", port: 9092 };
  const later = new Some(app, "stream", environment, [stack]);
  for (const [place, program] of [[stack, "generator"] as const, [later, "processor"] as const]) {
    const from = new ProgramAccount(place, program, environment, program, "Talks to Kafka.");
    new Passage(from, "to-kafka", { environment, network: "net", from, to, why: `The ${program} talks to Kafka.` });
  }
});
const ruleAt = (path: string) => resourceAt(platform, "google_compute_firewall", path).attributes;

test("a passage is one port, out to one address and in from one account", () => {
  expect(ruleAt("generator/to-kafka/out")).toMatchObject({
    name: "rhythmic-dev-generator-to-kafka-out",
    description: "The generator talks to Kafka.",
    direction: "EGRESS",
    target_service_accounts: ["rhythmic-dev-generator@acme-music.iam.gserviceaccount.com"],
    destination_ranges: ["10.20.0.10/32"],
    allow: [{ protocol: "tcp", ports: ["9092"] }],
    log_config: { metadata: "INCLUDE_ALL_METADATA" },
  });
  expect(ruleAt("generator/to-kafka/in")).toMatchObject({
    direction: "INGRESS",
    source_service_accounts: ["rhythmic-dev-generator@acme-music.iam.gserviceaccount.com"],
    target_service_accounts: ["rhythmic-dev-kafka@acme-music.iam.gserviceaccount.com"],
    allow: [{ protocol: "tcp", ports: ["9092"] }],
  });
});

test("its rules wait for the accounts that the same stack makes, and name no other stack's resource", () => {
  expect(ruleAt("generator/to-kafka/in").depends_on).toEqual([
    expect.stringMatching(/^google_service_account\.generator_/),
    expect.stringMatching(/^google_service_account\.kafka_/),
  ]);
  expect(ruleAt("processor/to-kafka/in").depends_on).toEqual([
    expect.stringMatching(/^google_service_account\.processor_/),
  ]);
});
