import type { Environment } from "../../../stacks/environment-record";
import { KAFKA_PORT, STATUS_PORT } from "../../../stacks/names";
import type { Attributes, SynthesizedPlatform, SynthesizedResource } from "../../../stacks/synthesis/synthesized";
import {
  block,
  blocks,
  type Finding,
  findingAt,
  forEach,
  missing,
  mustBe,
  mustHold,
  type Rule,
  shown,
  texts,
  valueAt,
} from "../rule";

/** Nothing is reachable from outside, and nothing leaves but to Google. */

/** Where Identity-Aware Proxy's tunnels come from (docs.cloud.google.com/iap/docs/using-tcp-forwarding). */
const IAP_RANGE = "35.235.240.0/20";
/** Where health probes come from (docs.cloud.google.com/load-balancing/docs/health-check-concepts). */
const PROBE_RANGES = ["35.191.0.0/16", "130.211.0.0/22"];
/** private.googleapis.com (docs.cloud.google.com/vpc/docs/configure-private-google-access). */
const GOOGLE_RANGE = "199.36.153.8/30";
const EVERYWHERE = "0.0.0.0/0";
const PUBLIC = ["allUsers", "allAuthenticatedUsers"];

const INTERFACE_ATTRIBUTES_OUTSIDE = ["access_config", "ipv6_access_config"];

/** Types that exist to make something reachable, or to join networks. */
const OPENING_TYPES = [
  "google_compute_forwarding_rule",
  "google_compute_global_forwarding_rule",
  "google_compute_target_instance",
  "google_compute_target_pool",
  "google_compute_network_peering",
  "google_compute_vpn_gateway",
  "google_compute_ha_vpn_gateway",
  "google_compute_vpn_tunnel",
  "google_compute_interconnect_attachment",
  "google_compute_instance",
];

function firewalls(platform: SynthesizedPlatform, direction: "INGRESS" | "EGRESS", action: "allow" | "deny") {
  // Terraform's default direction is INGRESS.
  return platform
    .ofType("google_compute_firewall")
    .filter(
      ({ attributes }) => (attributes.direction ?? "INGRESS") === direction && blocks(attributes[action]).length > 0,
    );
}

function deniesEverything(attributes: Attributes, ranges: string): boolean {
  return (
    texts(attributes[ranges]).includes(EVERYWHERE) &&
    block(attributes.deny)?.protocol === "all" &&
    attributes.disabled !== true &&
    !Object.keys(attributes).some((name) => name.startsWith("target_") || name.startsWith("source_service"))
  );
}

function portsOf({ attributes }: SynthesizedResource): readonly string[] {
  return blocks(attributes.allow).flatMap(({ protocol, ports }) => texts(ports).map((port) => `${protocol} ${port}`));
}

function ingressProblem(firewall: SynthesizedResource): Finding | undefined {
  const { attributes } = firewall;
  const ranges = texts(attributes.source_ranges);
  const accounts = texts(attributes.source_service_accounts);
  const targets = texts(attributes.target_service_accounts);
  const ports = portsOf(firewall).join();
  const throughIap = ranges.join() === IAP_RANGE && accounts.length === 0 && ports === "tcp 22";
  const fromAccount = ranges.length === 0 && accounts.length > 0 && targets.length > 0 && ports !== "tcp 22";
  const probe =
    ranges.length > 0 &&
    ranges.every((range) => PROBE_RANGES.includes(range)) &&
    accounts.length === 0 &&
    targets.length > 0 &&
    ports === `tcp ${STATUS_PORT}`;
  if (attributes.source_tags === undefined && (throughIap || fromAccount || probe)) return undefined;
  const from = [...ranges, ...accounts, ...texts(attributes.source_tags)].join(", ") || "anywhere";
  return findingAt(
    firewall,
    `from ${from} to ${targets.join(", ") || "every machine"}, ${ports || "every port"}`,
    `from named service accounts to named ones, from ${IAP_RANGE} to tcp 22, or from ${PROBE_RANGES.join(" and ")} to tcp ${STATUS_PORT} of named ones`,
  );
}

function egressProblem(firewall: SynthesizedResource, environment: Environment): Finding | undefined {
  const { attributes } = firewall;
  const ranges = texts(attributes.destination_ranges).join(", ");
  const ports = portsOf(firewall).join(", ");
  const kafka = `${environment.kafkaAddress}/32`;
  const toGoogle = ranges === GOOGLE_RANGE && ports === "tcp 443";
  const toKafka =
    ranges === kafka && ports === `tcp ${KAFKA_PORT}` && texts(attributes.target_service_accounts).length > 0;
  const toInternet = environment.nat && ranges === EVERYWHERE && ports === "tcp 443";
  if (toGoogle || toKafka || toInternet) return undefined;
  return findingAt(
    firewall,
    `to ${ranges || "anywhere"}, ${ports || "every port"}`,
    `to ${GOOGLE_RANGE} tcp 443, or from named service accounts to ${kafka} tcp ${KAFKA_PORT}`,
  );
}

/** Every place in a value where a text equals one of these. */
function placesOf(value: unknown, wanted: readonly string[], path = ""): string[] {
  if (typeof value === "string") return wanted.includes(value) ? [`${path}: ${value}`] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => placesOf(inner, wanted, path === "" ? key : `${path}.${key}`));
}

export const REACHABILITY: readonly Rule[] = [
  {
    name: "No machine has an address that can be reached from outside",
    why: "A machine with a public address is scanned within minutes.",
    check: (platform) => [
      ...forEach(platform, "google_compute_instance_template", (template) => [
        valueAt(template.attributes, "network_interface.subnetwork") === undefined
          ? findingAt(template, template.attributes.network_interface, "an interface in the platform's subnet")
          : undefined,
        ...blocks(template.attributes.network_interface).map((one) =>
          INTERFACE_ATTRIBUTES_OUTSIDE.some((name) => name in one)
            ? findingAt(template, one, "an interface without an access configuration")
            : undefined,
        ),
      ]),
      ...forEach(platform, "google_compute_address", (address) => [mustBe(address, "address_type", "INTERNAL")]),
      ...platform
        .ofType("google_compute_global_address")
        .map((address) => mustBe(address, "address_type", "INTERNAL"))
        .filter((finding) => finding !== undefined),
    ],
  },
  {
    name: "Nothing is declared that exists to let outsiders in or to join networks",
    why: "A load balancer, a tunnel or a peering opens what the firewall's rules closed.",
    check: (platform) =>
      platform.resources
        .filter(({ type }) => OPENING_TYPES.includes(type))
        .map((resource) => findingAt(resource, resource.type, "machines by templates, and no way in")),
  },
  {
    name: "Nothing is granted to the public",
    why: "allUsers is everybody on the internet, and allAuthenticatedUsers everybody with a Google account.",
    source: "https://docs.cloud.google.com/iam/docs/principals-overview",
    check: (platform) =>
      platform.resources.flatMap((resource) =>
        placesOf(resource.attributes, PUBLIC).map((place) => findingAt(resource, place, "named identities")),
      ),
  },
  {
    name: "Traffic that no rule names is denied, in both directions",
    why: "Without a rule of its own a network of Google Cloud lets everything out.",
    source: "https://docs.cloud.google.com/firewall/docs/firewalls",
    check: (platform) =>
      (
        [
          ["INGRESS", "source_ranges"],
          ["EGRESS", "destination_ranges"],
        ] as const
      ).flatMap(([direction, ranges]) =>
        firewalls(platform, direction, "deny").some(({ attributes }) => deniesEverything(attributes, ranges))
          ? []
          : [missing("network", `a rule that denies ${direction}`, `every protocol, ${ranges} ${EVERYWHERE}`)],
      ),
  },
  {
    name: "What comes in comes from a named service account, from Identity-Aware Proxy to SSH, or from health probes",
    why: "A rule without a source is a rule for the whole internet.",
    source: "https://docs.cloud.google.com/iap/docs/using-tcp-forwarding",
    check: (platform) =>
      firewalls(platform, "INGRESS", "allow")
        .map(ingressProblem)
        .filter((finding) => finding !== undefined),
  },
  {
    name: "What goes out goes to Google's private addresses or to Kafka, unless the environment asks for more",
    why: "What a machine must not reach, stolen data can't be sent to.",
    source: "https://docs.cloud.google.com/vpc/docs/configure-private-google-access",
    check: (platform, environment) =>
      firewalls(platform, "EGRESS", "allow")
        .map((firewall) => egressProblem(firewall, environment))
        .filter((finding) => finding !== undefined),
  },
  {
    name: "Every firewall rule that allows names its protocol and its ports",
    why: "An allow without ports is an allow of every port.",
    check: (platform) =>
      platform.ofType("google_compute_firewall").flatMap((firewall) =>
        blocks(firewall.attributes.allow)
          .filter(
            ({ protocol, ports }) =>
              protocol !== "tcp" || !texts(ports).every((port) => /^\d+$/.test(port)) || texts(ports).length === 0,
          )
          .map((allow) => findingAt(firewall, shown(allow), "tcp with single ports")),
      ),
  },
  {
    name: "No route and no gateway leads to the internet, unless the environment asks for one",
    why: "Without a route no forgotten firewall rule can open a way out.",
    check: (platform, { nat }) => [
      ...forEach(platform, "google_compute_route", (route) => [
        nat && route.attributes.dest_range === EVERYWHERE ? undefined : mustBe(route, "dest_range", GOOGLE_RANGE),
      ]),
      ...forEach(platform, "google_compute_network", (network) => [
        mustBe(network, "delete_default_routes_on_create", true),
        mustBe(network, "auto_create_subnetworks", false),
      ]),
      ...platform
        .ofType("google_compute_router_nat")
        .filter(() => !nat)
        .map((gateway) => findingAt(gateway, "a gateway", "none: nat is false in this environment")),
    ],
  },
  {
    name: "The platform's names are known inside its network only",
    why: "A public zone would tell everybody what runs here, and let others answer for Google's names.",
    check: (platform) => [
      ...forEach(platform, "google_dns_managed_zone", (zone) => [
        mustBe(zone, "visibility", "private"),
        mustHold(
          zone,
          "private_visibility_config.networks",
          (networks) => blocks(networks).length === 1,
          "the platform's own network",
        ),
      ]),
    ],
  },
  {
    name: "The network writes down who spoke to whom",
    why: "Without flow logs and firewall logs nobody can tell afterwards what a stolen machine did.",
    check: (platform) => [
      ...forEach(platform, "google_compute_subnetwork", (subnet) => [
        mustBe(subnet, "log_config.metadata", "INCLUDE_ALL_METADATA"),
        mustHold(
          subnet,
          "log_config.flow_sampling",
          (share) => typeof share === "number" && share >= 0.5,
          "at least half",
        ),
        mustBe(subnet, "private_ip_google_access", true),
      ]),
      ...forEach(platform, "google_compute_firewall", (firewall) => [
        mustBe(firewall, "log_config.metadata", "INCLUDE_ALL_METADATA"),
      ]),
      ...forEach(platform, "google_dns_policy", (policy) => [
        mustBe(policy, "enable_logging", true),
        mustBe(policy, "enable_inbound_forwarding", undefined),
      ]),
    ],
  },
];
