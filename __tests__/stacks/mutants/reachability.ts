import type { Mutant } from "./mutant";

const TEMPLATE = "google_compute_instance_template";
const FIREWALL = "google_compute_firewall";
const NO_ADDRESS = "No machine has an address that can be reached from outside";
const INGRESS =
  "What comes in comes from a named service account, from Identity-Aware Proxy to SSH, or from health probes";
const EGRESS = "What goes out goes to Google's private addresses or to Kafka, unless the environment asks for more";
const DENIED = "Traffic that no rule names is denied, in both directions";
const PORTS = "Every firewall rule that allows names its protocol and its ports";
const NO_WAY_OUT = "No route and no gateway leads to the internet, unless the environment asks for one";
const PRIVATE_NAMES = "The platform's names are known inside its network only";
const LOGS = "The network writes down who spoke to whom";

const LEADS = "Every name inside the network leads where it should";
const WAYS = "Exactly the ways are open that the platform needs";
const OWN_NETWORK = "Everything of the network belongs to the platform's own network, and machines to its one subnet";

/** Mistakes that let somebody in, or data out. */
export const REACHABILITY_MUTANTS: readonly Mutant[] = [
  {
    title: "a public address on the processor's machine",
    breaks: [NO_ADDRESS],
    seed: (draft) => draft.set(TEMPLATE, "processor/template", "network_interface.access_config", [{}]),
  },
  {
    title: "a public IPv6 address on Kafka's machine",
    breaks: [NO_ADDRESS],
    seed: (draft) =>
      draft.set(TEMPLATE, "kafka/template", "network_interface.ipv6_access_config", [{ network_tier: "PREMIUM" }]),
  },
  {
    title: "a reserved address that is external",
    breaks: [NO_ADDRESS],
    seed: (draft) => draft.set("google_compute_address", "kafka/address", "address_type", "EXTERNAL"),
  },
  {
    title: "a machine in the project's default network",
    breaks: [NO_ADDRESS, OWN_NETWORK],
    seed: (draft) => draft.set(TEMPLATE, "loader/template", "network_interface", [{ network: "default" }]),
  },
  {
    title: "a load balancer in front of Kafka",
    breaks: [
      "Nothing is declared that exists to let outsiders in or to join networks",
      "Only types of resources are declared that these rules know",
    ],
    seed: (draft) =>
      draft.add("kafka", "google_compute_forwarding_rule", "front", {
        name: "rhythmic-prod-front",
        load_balancing_scheme: "EXTERNAL",
        port_range: "9092",
      }),
  },
  {
    title: "a firewall rule that opens Kafka to the internet",
    breaks: [INGRESS],
    seed: (draft) =>
      draft.add("network", FIREWALL, "kafka-for-all", {
        name: "rhythmic-prod-kafka-for-all",
        network: "rhythmic-prod-network",
        direction: "INGRESS",
        source_ranges: ["0.0.0.0/0"],
        allow: [{ protocol: "tcp", ports: ["9092"] }],
        log_config: { metadata: "INCLUDE_ALL_METADATA" },
      }),
  },
  {
    title: "SSH without its source, which means from everywhere",
    breaks: [INGRESS],
    seed: (draft) => draft.set(FIREWALL, "ssh-through-iap", "source_ranges", undefined),
  },
  {
    title: "SSH from a range twice as wide as Identity-Aware Proxy's",
    breaks: [INGRESS],
    seed: (draft) => draft.set(FIREWALL, "ssh-through-iap", "source_ranges", ["35.235.240.0/19"]),
  },
  {
    title: "a passage to Kafka that forgets from whom",
    breaks: [INGRESS],
    seed: (draft) => draft.set(FIREWALL, "processor/identity/to-kafka/in", "source_service_accounts", undefined),
  },
  {
    title: "a passage that opens its port on every machine",
    breaks: [INGRESS],
    seed: (draft) => draft.set(FIREWALL, "generator/identity/to-kafka/in", "target_service_accounts", undefined),
  },
  {
    title: "health probes from ranges twice as wide as Google's",
    breaks: [INGRESS, WAYS],
    seed: (draft) => draft.set(FIREWALL, "loader/probes", "source_ranges", ["35.190.0.0/15", "130.211.0.0/22"]),
  },
  {
    title: "health probes that reach Kafka's port",
    breaks: [INGRESS, WAYS],
    seed: (draft) => draft.set(FIREWALL, "processor/probes", "allow", [{ protocol: "tcp", ports: ["9092"] }]),
  },
  {
    title: "health probes that reach every machine",
    breaks: [INGRESS, WAYS],
    seed: (draft) => draft.set(FIREWALL, "processor/probes", "target_service_accounts", undefined),
  },
  {
    title: "a program that no probe reaches",
    breaks: [WAYS],
    seed: (draft) => draft.remove(FIREWALL, "generator/probes"),
  },
  {
    title: "an allow without ports, which means all of them",
    breaks: [PORTS],
    seed: (draft) => draft.set(FIREWALL, "ssh-through-iap", "allow", [{ protocol: "tcp" }]),
  },
  {
    title: "an allow of every protocol",
    breaks: [PORTS],
    seed: (draft) => draft.set(FIREWALL, "generator/identity/to-kafka/in", "allow", [{ protocol: "all" }]),
  },
  {
    title: "a way out to everywhere",
    breaks: [EGRESS],
    seed: (draft) => draft.set(FIREWALL, "google-out", "destination_ranges", ["0.0.0.0/0"]),
  },
  {
    title: "a way out without its destination, which means to everywhere",
    breaks: [EGRESS],
    seed: (draft) => draft.set(FIREWALL, "processor/identity/to-kafka/out", "destination_ranges", undefined),
  },
  {
    title: "no denial of what comes in",
    breaks: [DENIED],
    seed: (draft) => draft.remove(FIREWALL, "deny-in"),
  },
  {
    title: "a denial of what goes out that is switched off",
    breaks: [DENIED],
    seed: (draft) => draft.set(FIREWALL, "deny-out", "disabled", true),
  },
  {
    title: "a denial of TCP alone",
    breaks: [DENIED],
    seed: (draft) => draft.set(FIREWALL, "deny-out", "deny", [{ protocol: "tcp" }]),
  },
  {
    title: "a NAT gateway that nobody asked for",
    breaks: [NO_WAY_OUT, "A NAT gateway serves the machines' own addresses alone, and writes down who used it"],
    seed: (draft) =>
      draft.add("network", "google_compute_router_nat", "nat", {
        name: "rhythmic-prod-nat",
        router: "rhythmic-prod-router",
        region: "us-central1",
        nat_ip_allocate_option: "AUTO_ONLY",
        source_subnetwork_ip_ranges_to_nat: "ALL_SUBNETWORKS_ALL_IP_RANGES",
      }),
  },
  {
    title: "a route to the internet",
    breaks: [NO_WAY_OUT],
    seed: (draft) =>
      draft.add("network", "google_compute_route", "default", {
        name: "rhythmic-prod-default",
        network: "rhythmic-prod-network",
        dest_range: "0.0.0.0/0",
        next_hop_gateway: "default-internet-gateway",
      }),
  },
  {
    title: "a network that keeps its default route",
    breaks: [NO_WAY_OUT],
    seed: (draft) => draft.set("google_compute_network", "network", "delete_default_routes_on_create", undefined),
  },
  {
    title: "a DNS zone that is public",
    breaks: [PRIVATE_NAMES],
    seed: (draft) => {
      draft.set("google_dns_managed_zone", "internal-zone", "visibility", "public");
      draft.set("google_dns_managed_zone", "internal-zone", "private_visibility_config", undefined);
    },
  },
  {
    title: "Google's names at a public address",
    breaks: [LEADS],
    seed: (draft) => draft.set("google_dns_record_set", "googleapis-addresses", "rrdatas", ["142.250.72.10"]),
  },
  {
    title: "a passage that has gone missing",
    breaks: [WAYS],
    seed: (draft) => draft.remove(FIREWALL, "processor/identity/to-kafka/in"),
  },
  {
    title: "a loader that may reach Kafka",
    breaks: [WAYS],
    seed: (draft) =>
      draft.set(FIREWALL, "processor/identity/to-kafka/in", "source_service_accounts", [
        "rhythmic-prod-processor@rhythmic-example.iam.gserviceaccount.com",
        "rhythmic-prod-loader@rhythmic-example.iam.gserviceaccount.com",
      ]),
  },
  {
    title: "a denial of everything that comes before what is allowed",
    breaks: ["What is denied by default comes after every rule that allows"],
    seed: (draft) => draft.set(FIREWALL, "deny-out", "priority", undefined),
  },
  {
    title: "a denial in another network",
    breaks: [OWN_NETWORK],
    seed: (draft) => draft.set(FIREWALL, "deny-in", "network", "default"),
  },
  {
    title: "Kafka's address in the project's default network",
    breaks: [OWN_NETWORK],
    seed: (draft) => draft.set("google_compute_address", "kafka/address", "subnetwork", undefined),
  },
  {
    title: "the other environment's range",
    breaks: [OWN_NETWORK],
    seed: (draft) => draft.set("google_compute_subnetwork", "subnet", "ip_cidr_range", "10.20.0.0/24"),
  },
  {
    title: "a registry that machines can't find",
    breaks: [LEADS],
    seed: (draft) => draft.remove("google_dns_record_set", "pkg-dev-names"),
  },
  {
    title: "no flow logs",
    breaks: [LOGS],
    seed: (draft) => draft.set("google_compute_subnetwork", "subnet", "log_config", undefined),
  },
  {
    title: "a firewall rule without a log",
    breaks: [LOGS],
    seed: (draft) => draft.set(FIREWALL, "ssh-through-iap", "log_config", undefined),
  },
  {
    title: "names that are asked for without a trace",
    breaks: [LOGS],
    seed: (draft) => draft.set("google_dns_policy", "lookups", "enable_logging", false),
  },
  {
    title: "a container's port on every address of this machine",
    environment: "dev",
    breaks: ["Containers can be reached from this machine alone"],
    seed: (draft) => draft.set("docker_container", "kafka", "ports.ip", undefined),
  },
];
