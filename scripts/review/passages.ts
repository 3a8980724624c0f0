import { parseAddress } from "../../stacks/checks/cidr";
import type { Attributes } from "../../stacks/synthesis/synthesized";
import type { PassageChange } from "./model";
import { blocksAt, type Judged, textOf, textsOf } from "./resources";

/**
 * What the network lets through, before and after. A rule is taken apart into passages (one peer, one kind of machine,
 * one protocol, one range of ports), so that a rule that is split, joined or narrowed opens nothing.
 */

const FIREWALL = "google_compute_firewall";
const EVERYWHERE = "0.0.0.0/0";
const EVERY_MACHINE = "every machine";
const PORT_MAX = 65_535;

interface Passage {
  readonly allowed: boolean;
  readonly network: string;
  readonly direction: "in" | "out";
  /** An address range, a service account or a tag outside of the machine. */
  readonly peer: string;
  readonly machine: string;
  readonly protocol: string;
  readonly ports: readonly [number, number];
}

interface Rule {
  readonly stack: string;
  readonly name: string;
  readonly why: string | undefined;
  readonly passages: readonly Passage[];
}

export function isFirewall(type: string): boolean {
  return type === FIREWALL;
}

export function passageChanges(judged: readonly Judged[]): PassageChange[] {
  const rules = judged.filter(({ type }) => isFirewall(type));
  const before = rules.flatMap((each) => ruleOf(each, each.before));
  const after = rules.flatMap((each) => ruleOf(each, each.after));
  return [...missing(after, before, true), ...missing(before, after, false)];
}

/**
 * What the rules of one side say and those of the other don't.
 * @param opening whether what is told of `rules` came, or went
 */
function missing(rules: readonly Rule[], others: readonly Rule[], opening: boolean): PassageChange[] {
  const known = others.flatMap(({ passages }) => passages);
  return rules.flatMap((rule) => {
    const news = rule.passages.filter((passage) => !known.some((other) => covers(other, passage)));
    const left = known.filter((other) => news.some((passage) => covers(passage, other)));
    const [first] = news;
    const narrowed = first?.allowed === true && !opening && left.length > 0;
    return grouped(narrowed ? left : news).map(({ passage, peers, machines, traffic }) => {
      const inward = passage.direction === "in";
      return {
        stack: rule.stack,
        // A denial that goes opens; one that comes closes.
        change: narrowed ? "narrowed" : passage.allowed === opening ? "opened" : "closed",
        direction: passage.direction,
        from: inward ? peers : machines,
        to: inward ? machines : peers,
        traffic,
        rule: rule.name,
        why: rule.why,
      };
    });
  });
}

/** A line for what has the same direction: peers, machines and kinds of traffic together. */
function grouped(passages: readonly Passage[]) {
  const [passage] = passages;
  if (passage === undefined) return [];
  const list = (texts: readonly string[]) => [...new Set(texts)].join(", ");
  return [
    {
      passage,
      peers: list(passages.map(({ peer }) => peer)),
      machines: list(passages.map(({ machine }) => machine)),
      traffic: list(passages.map(trafficOf)),
    },
  ];
}

function trafficOf({ protocol, ports: [first, last] }: Passage): string {
  if (protocol === "all" || (first === 0 && last === PORT_MAX)) return protocol;
  return `${protocol} ${first === last ? first : `${first}-${last}`}`;
}

function ruleOf({ stack, address, why }: Judged, attributes: Attributes | undefined): Rule[] {
  if (attributes === undefined || attributes.disabled === true) return [];
  const inward = attributes.direction !== "EGRESS";
  const targets = [...textsOf(attributes.target_service_accounts), ...textsOf(attributes.target_tags)];
  const machines = targets.length > 0 ? targets : [EVERY_MACHINE];
  const peers = inward
    ? ["source_ranges", "source_service_accounts", "source_tags"].flatMap((name) => textsOf(attributes[name]))
    : textsOf(attributes.destination_ranges);
  const blocks = (["allow", "deny"] as const).flatMap((kind) =>
    blocksAt(attributes, kind).map((block) => ({ allowed: kind === "allow", block })),
  );
  const passages = blocks.flatMap(({ allowed, block }) =>
    portsOf(block).flatMap((ports) =>
      (peers.length > 0 ? peers : [EVERYWHERE]).flatMap((peer) =>
        machines.map((machine) => ({
          allowed,
          network: String(attributes.network),
          direction: inward ? ("in" as const) : ("out" as const),
          peer,
          machine,
          protocol: String(block.protocol ?? "all").toLowerCase(),
          ports,
        })),
      ),
    ),
  );
  return [{ stack, name: textOf(attributes.name) ?? address, why: textOf(attributes.description) ?? why, passages }];
}

/** Without ports a rule is about all of them. */
function portsOf(block: Attributes): (readonly [number, number])[] {
  const ports = textsOf(block.ports);
  if (ports.length === 0) return [[0, PORT_MAX]];
  return ports.map((text) => {
    const [first = "0", last = first] = text.split("-");
    return [Number(first), Number(last)] as const;
  });
}

function covers(wide: Passage, narrow: Passage): boolean {
  return (
    wide.allowed === narrow.allowed &&
    wide.network === narrow.network &&
    wide.direction === narrow.direction &&
    (wide.machine === EVERY_MACHINE || wide.machine === narrow.machine) &&
    (wide.protocol === "all" || wide.protocol === narrow.protocol) &&
    wide.ports[0] <= narrow.ports[0] &&
    wide.ports[1] >= narrow.ports[1] &&
    (wide.peer === narrow.peer || contains(wide.peer, narrow.peer))
  );
}

/** Does one IPv4 range hold another? Everywhere holds every peer. */
function contains(wide: string, narrow: string): boolean {
  if (wide === EVERYWHERE) return true;
  const [a, b] = [rangeOf(wide), rangeOf(narrow)];
  return a !== undefined && b !== undefined && a.first <= b.first && a.last >= b.last;
}

function rangeOf(cidr: string): { readonly first: number; readonly last: number } | undefined {
  const [base = "", bits = "32"] = cidr.split("/");
  const first = parseAddress(base);
  if (first === undefined) return undefined;
  return { first, last: first + 2 ** (32 - Number(bits)) - 1 };
}

/** An account's email without its domain. */
export function shortPeers(text: string): string {
  return text.replaceAll(/@[\w-]+\.iam\.gserviceaccount\.com/g, "");
}
