import type { Environment } from "../../../stacks/environment-record";
import { accountEmailOf, internalZoneOf, KAFKA_PORT, kafkaBrokerOf, nameOf, STATUS_PORT } from "../../../stacks/names";
import {
  DEPLOYED_PROGRAMS,
  type SynthesizedPlatform,
  type SynthesizedResource,
} from "../../../stacks/synthesis/synthesized";
import {
  blocks,
  type Finding,
  findingAt,
  forEach,
  mustBe,
  mustEqualSet,
  mustHold,
  type Rule,
  texts,
  valueAt,
} from "../rule";

/** The network is whole: what must be open is open, and names lead where they should. */

const FIREWALL = "google_compute_firewall";
/** private.googleapis.com (docs.cloud.google.com/vpc/docs/configure-private-google-access). */
const GOOGLE_ADDRESSES = ["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"];
/** The weakest priority that comes before the network's own implied rules. */
const PRIORITY_LAST = 65_534;

/** A rule that allows, on one line: `in generator -> kafka tcp 9092`. */
function passageOf({ attributes }: SynthesizedResource, environment: Environment): string {
  const short = (text: string) =>
    ["kafka", "generator", "processor", "loader"].find((program) => text === accountEmailOf(environment, program)) ??
    text;
  const listOf = (...names: readonly string[]) =>
    names
      .flatMap((name) => texts(attributes[name]))
      .map(short)
      .join("+") || "every machine";
  const ports = blocks(attributes.allow).map(({ protocol, ports }) => `${protocol} ${texts(ports).join("+")}`);
  const isOut = attributes.direction === "EGRESS";
  const from = isOut ? listOf("target_service_accounts") : listOf("source_service_accounts", "source_ranges");
  const to = isOut ? listOf("destination_ranges") : listOf("target_service_accounts");
  return `${isOut ? "out" : "in"} ${from} -> ${to} ${ports.join(", ")}`;
}

function expectedPassages({ kafkaAddress, nat }: Environment): string[] {
  return [
    "in 35.235.240.0/20 -> every machine tcp 22",
    "out every machine -> 199.36.153.8/30 tcp 443",
    ...(nat ? ["out every machine -> 0.0.0.0/0 tcp 443"] : []),
    ...["generator", "processor"].flatMap((program) => [
      `in ${program} -> kafka tcp ${KAFKA_PORT}`,
      `out ${program} -> ${kafkaAddress}/32 tcp ${KAFKA_PORT}`,
    ]),
    // Google's health probes; Kafka's machine answers none.
    ...DEPLOYED_PROGRAMS.map((program) => `in 35.191.0.0/16+130.211.0.0/22 -> ${program} tcp ${STATUS_PORT}`),
  ];
}

function expectedRecords(environment: Environment): string[] {
  const google = GOOGLE_ADDRESSES.join("+");
  const [kafka = ""] = kafkaBrokerOf(environment).split(":");
  return [
    `${kafka}. A ${environment.kafkaAddress}`,
    `private.googleapis.com. A ${google}`,
    "*.googleapis.com. CNAME private.googleapis.com.",
    ...["pkg.dev.", "gcr.io."].flatMap((domain) => [`${domain} A ${google}`, `*.${domain} CNAME ${domain}`]),
  ];
}

/** The networks that a resource names. */
function networksOf(resource: SynthesizedResource): readonly string[] {
  const { attributes } = resource;
  const ofZone = blocks(valueAt(attributes, "private_visibility_config.networks"));
  const named = [...ofZone, ...blocks(attributes.networks)].map(({ network_url }) => network_url);
  return [...named, attributes.network].filter((network) => network !== undefined).map(String);
}

/** Is it the platform's own network, by its name or by a reference to it? */
function isOwn(network: string, platform: SynthesizedPlatform, environment: Environment): boolean {
  const [own] = platform.ofType("google_compute_network");
  return network === nameOf(environment, "network") || network === `\${google_compute_network.${own?.id}.id}`;
}

/** Types that belong to a network. */
const IN_NETWORK = [
  FIREWALL,
  "google_compute_route",
  "google_compute_subnetwork",
  "google_dns_managed_zone",
  "google_dns_policy",
];

export const NETWORK: readonly Rule[] = [
  {
    name: "Exactly the ways are open that the platform needs",
    why: "A way too many is a hole, a way too few a pipeline that stands still.",
    check: (platform, environment) =>
      mustEqualSet(
        platform
          .ofType(FIREWALL)
          .filter(({ attributes }) => blocks(attributes.allow).length > 0 && attributes.disabled !== true)
          .map((firewall) => [passageOf(firewall, environment), firewall] as const),
        expectedPassages(environment),
        "a way",
      ),
  },
  {
    name: "What is denied by default comes after every rule that allows",
    why: "At the same priority a denial wins, and nothing would get through.",
    source: "https://docs.cloud.google.com/firewall/docs/firewalls",
    check: (platform) =>
      forEach(platform, FIREWALL, (firewall) => [
        blocks(firewall.attributes.deny).length > 0
          ? mustBe(firewall, "priority", PRIORITY_LAST)
          : mustHold(
              firewall,
              "priority",
              (priority) => priority === undefined || Number(priority) < PRIORITY_LAST,
              `below ${PRIORITY_LAST}`,
            ),
      ]),
  },
  {
    name: "Everything of the network belongs to the platform's own network, and machines to its one subnet",
    why: "A rule of another network guards nothing, and the project's default network is open within.",
    check: (platform, environment) => [
      ...IN_NETWORK.flatMap((type) =>
        forEach(platform, type, (resource) => {
          const networks = networksOf(resource);
          return networks.length > 0 && networks.every((network) => isOwn(network, platform, environment))
            ? []
            : [findingAt(resource, networks.join(", ") || undefined, nameOf(environment, "network"))];
        }),
      ),
      ...forEach(platform, "google_compute_subnetwork", (subnet) => [
        mustBe(subnet, "ip_cidr_range", environment.subnetRange),
      ]),
      ...subnetFindings(platform, environment, "google_compute_address", "subnetwork"),
      ...subnetFindings(platform, environment, "google_compute_instance_template", "network_interface.subnetwork"),
    ],
  },
  {
    name: "Every name inside the network leads where it should",
    why: "Machines without a way out reach Google only by its private addresses, and Kafka only by its own.",
    source: "https://docs.cloud.google.com/vpc/docs/configure-private-google-access",
    check: (platform, environment) => [
      ...mustEqualSet(
        platform.ofType("google_dns_record_set").map((record) => {
          const { name, type, rrdatas } = record.attributes;
          return [`${name} ${type} ${texts(rrdatas).join("+")}`, record] as const;
        }),
        expectedRecords(environment),
        "a name",
      ),
      ...mustEqualSet(
        platform.ofType("google_dns_managed_zone").map((zone) => [String(zone.attributes.dns_name), zone] as const),
        ["googleapis.com.", "pkg.dev.", "gcr.io.", internalZoneOf(environment)],
        "a zone",
      ),
    ],
  },
];

function subnetFindings(
  platform: SynthesizedPlatform,
  environment: Environment,
  type: string,
  attribute: string,
): Finding[] {
  const subnet = `/subnetworks/${nameOf(environment, "subnet")}`;
  return forEach(platform, type, (resource) => [
    mustHold(resource, attribute, (value) => String(value).endsWith(subnet), `...${subnet}`),
  ]);
}
