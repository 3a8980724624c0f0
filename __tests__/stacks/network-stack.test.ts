import type { Environment } from "../../stacks/environment-record";
import { FoundationStack } from "../../stacks/foundation-stack";
import { NetworkStack } from "../../stacks/network-stack";
import { environmentFor, resourceAt, synthesizeOnly } from "./one-stack";

const networkOf = (change: Partial<Environment> = {}) =>
  synthesizeOnly((app) => {
    const environment = environmentFor("dev", change);
    new NetworkStack(app, environment, { foundation: new FoundationStack(app, environment) });
  });
const closed = networkOf();
const open = networkOf({ nat: true });

const GOOGLE = "199.36.153.8/30";

test("without NAT the one route out leads to Google's private addresses", () => {
  expect(closed.ofType("google_compute_route").map(({ attributes }) => attributes.dest_range)).toEqual([GOOGLE]);
  expect(closed.ofType("google_compute_router")).toEqual([]);
  expect(closed.ofType("google_compute_router_nat")).toEqual([]);
});

test("an environment that turns NAT on gets a route, a rule for HTTPS, and a log of what passes; nothing comes in", () => {
  const routes = open.ofType("google_compute_route").map(({ attributes }) => attributes.dest_range);
  expect(routes.sort()).toEqual(["0.0.0.0/0", GOOGLE]);
  expect(resourceAt(open, "google_compute_router_nat", "nat").attributes).toMatchObject({
    nat_ip_allocate_option: "AUTO_ONLY",
    log_config: { enable: true, filter: "ALL" },
  });
  const added = open
    .ofType("google_compute_firewall")
    .filter(({ path }) => !closed.ofType("google_compute_firewall").some((rule) => rule.path === path));
  expect(added.map(({ attributes }) => attributes)).toMatchObject([
    { direction: "EGRESS", destination_ranges: ["0.0.0.0/0"], allow: [{ protocol: "tcp", ports: ["443"] }] },
  ]);
});

test("everything that is denied or allowed is logged, and every rule says why it is", () => {
  const rules = open.ofType("google_compute_firewall");
  expect(rules.length).toBe(5);
  for (const { attributes } of rules) {
    expect(attributes.log_config).toEqual({ metadata: "INCLUDE_ALL_METADATA" });
    expect(attributes.description).toMatch(/^[A-Z].{20,}\.$/);
  }
});

test("the subnet reaches Google privately and logs its flows, and name lookups are logged", () => {
  expect(resourceAt(closed, "google_compute_subnetwork", "subnet").attributes).toMatchObject({
    private_ip_google_access: true,
    log_config: { metadata: "INCLUDE_ALL_METADATA" },
  });
  expect(resourceAt(closed, "google_dns_policy", "lookups").attributes.enable_logging).toBe(true);
});

test.each(["googleapis.com.", "pkg.dev.", "gcr.io."])("%s leads to Google's private addresses", (domain) => {
  const zone = closed.ofType("google_dns_managed_zone").find(({ attributes }) => attributes.dns_name === domain);
  expect(zone?.attributes.visibility).toBe("private");
  const records = closed
    .ofType("google_dns_record_set")
    .filter(({ attributes }) => String(attributes.name).endsWith(domain))
    .map(({ attributes }) => attributes);
  expect(records.map(({ type }) => type).sort()).toEqual(["A", "CNAME"]);
  const [target] = (records.find(({ type }) => type === "CNAME")?.rrdatas ?? []) as string[];
  expect(records.find(({ type }) => type === "A")).toMatchObject({
    name: target,
    rrdatas: ["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"],
  });
});

test("no port is open to health probes as long as no program answers them", () => {
  const ranges = closed.ofType("google_compute_firewall").flatMap(({ attributes }) => attributes.source_ranges ?? []);
  expect(ranges).toEqual(["0.0.0.0/0", "35.235.240.0/20"]);
});
