import type { Environment, EnvironmentName } from "../../stacks/environment-record";
import type { Attributes, SynthesizedPlatform, SynthesizedResource } from "../../stacks/synthesis/synthesized";
import { blocksOf, referredBy } from "../cost/attributes";
import { type AgentName, whoOf } from "../policy/grants";
import { type Blocks, markdownTable } from "./blocks";
import { type Declared, type Environments, withoutNames } from "./platforms";

/** A row of a table, the same in each environment that has it. */
interface Row {
  readonly stack: string;
  readonly cells: readonly string[];
}

/** Who may do what, and who may reach whom: from the grants and firewalls of both environments. */
export function grantBlocks(environments: Environments): Blocks {
  return {
    grants: mergedTable(environments, ["who", "role", "on", "why"], grantRows),
    firewalls: mergedTable(environments, ["rule", "direction", "from", "to", "what"], firewallRows),
  };
}

/** The rows of both environments, each once, with the environment where only one has it. */
function mergedTable(
  { dev, prod }: Environments,
  header: readonly string[],
  rowsOf: (declared: Declared) => readonly Row[],
): string {
  const where = new Map<string, { readonly row: Row; readonly names: EnvironmentName[] }>();
  for (const [name, declared] of [
    ["dev", dev],
    ["prod", prod],
  ] as const) {
    for (const row of rowsOf(declared)) {
      const key = JSON.stringify(row);
      const entry = where.get(key) ?? { row, names: [] };
      entry.names.push(name);
      where.set(key, entry);
    }
  }
  const order = prod.platform.stacks.map(({ name }) => name);
  const entries = [...where.values()].toSorted(
    (a, b) =>
      order.indexOf(a.row.stack) - order.indexOf(b.row.stack) || a.row.cells.join().localeCompare(b.row.cells.join()),
  );
  const rows = entries.map(({ row, names }) => [
    row.stack,
    ...row.cells,
    names.length === 2 ? "both" : `${names[0]} only`,
  ]);
  return markdownTable(["stack", ...header, "environments"], rows);
}

const GRANT = /_iam_(member|binding|policy)$/;
/** The attributes that name what is granted, the narrowest first. */
const GRANTED = [
  "bucket",
  "table_id",
  "dataset_id",
  "repository",
  "crypto_key_id",
  "key_ring_id",
  "connection_id",
  "service_account_id",
  "secret_id",
  "topic",
  "subscription",
  "project",
] as const;

function grantRows({ platform, environment }: Declared): Row[] {
  return platform.resources
    .filter(({ type }) => GRANT.test(type))
    .map((resource) => ({
      stack: resource.stack,
      cells: [
        memberOf(resource, environment),
        `\`${shortRole(resource.attributes.role)}\``,
        grantedOf(platform, resource),
        resource.why ?? "",
      ].map((cell) => withoutNames(cell, environment)),
    }));
}

function shortRole(role: unknown): string {
  return String(role).replace(/^roles\//, "");
}

/** Google's own accounts, in a reader's words. */
const AGENTS: Readonly<Record<AgentName, string>> = {
  "storage-logs": "Cloud Storage's writer of access logs",
  "storage-agent": "Cloud Storage's own account",
  "bigquery-agent": "BigQuery's own account",
  "compute-agent": "Compute Engine's own account",
  "secrets-agent": "Secret Manager's own account",
  "lake-connection": "the connection's own account",
};

/** The program's name where the account is one of ours, else whose account it is. */
function memberOf({ attributes }: SynthesizedResource, environment: Environment): string {
  const members = [attributes.member ?? attributes.members ?? []].flat().map(String);
  return members
    .map((member) => {
      const who = whoOf(member, environment);
      return who === member ? `\`${member}\`` : ((AGENTS as Readonly<Record<string, string>>)[who] ?? who);
    })
    .join(", ");
}

function grantedOf(platform: SynthesizedPlatform, resource: SynthesizedResource): string {
  const { type, attributes } = resource;
  const attribute = GRANTED.find((name) => attributes[name] !== undefined);
  if (attribute === undefined) throw new Error(`The table of grants does not know on what ${type} grants.`);
  const kind = type
    .replace(/^google_/, "")
    .replace(GRANT, "")
    .replaceAll("_", " ");
  const referred = referredBy(platform, resource, attributes[attribute]);
  const name = String(referred?.attributes.name ?? attributes[attribute]).replace(/^.*\//, "");
  const condition = blocksOf(attributes, "condition")[0];
  return `${kind} \`${name}\`${condition === undefined ? "" : `, ${condition.title}`}`;
}

function firewallRows({ platform, environment }: Declared): Row[] {
  return platform.ofType("google_compute_firewall").map(({ stack, attributes }) => {
    const ends = (...names: string[]) =>
      names.flatMap((name) => ((attributes[name] as string[] | undefined) ?? []).map(shortAccount)).join(", ");
    const targets = ends("target_service_accounts") || "every machine";
    const [from, to] =
      attributes.direction === "INGRESS"
        ? [ends("source_service_accounts", "source_ranges"), targets]
        : [targets, ends("destination_ranges")];
    const name = String(attributes.name).replace(/^rhythmic-[a-z]+-/, "");
    const cells = [`\`${name}\``, attributes.direction === "INGRESS" ? "in" : "out", from, to, trafficOf(attributes)];
    const { kafkaAddress } = environment;
    return {
      stack,
      cells: cells.map((cell) => withoutNames(cell, environment).replace(`${kafkaAddress}/32`, "Kafka's address")),
    };
  });
}

function shortAccount(email: string): string {
  return email.replace(/^rhythmic-[a-z]+-([a-z-]+)@.*$/, "$1");
}

function trafficOf(attributes: Attributes): string {
  const texts = (["allow", "deny"] as const).flatMap((verb) =>
    blocksOf(attributes, verb).map(({ protocol, ports }) => {
      const what = [protocol, ...((ports as string[] | undefined) ?? [])].join(" ");
      return verb === "deny" ? `denied: ${what}` : what;
    }),
  );
  return texts.join(", ");
}
