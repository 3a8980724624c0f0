import { shortMember } from "./grants";
import { KNOWN_AFTER_APPLY } from "./judge";
import type { Action, GrantChange, PassageChange, ResourceChange, Review, Roll, StackReview } from "./model";
import { hasChanges } from "./model";
import { shortPeers } from "./passages";
import { changeLine, counted, forcedText, shown, usdDelta, withoutReferences } from "./text";

/** A review as Markdown: what nobody may overlook first, then stack by stack, and one line of summary last. */

/** More lines about one resource are told by their number; `--json` has them all. */
const LINES_MAX = 12;
const FILES_MAX = 8;
/** So many resources alike share one line. */
const GROUP_MIN = 3;
/** A condition says who is let in: it is shown whole as long as a line can be read. */
const CONDITION_CHARS_MAX = 240;

const KINDS = { data: "Data would be lost", guard: "A guard is lowered", access: "Access opens" } as const;

export function markdownOf(review: Review): string {
  const { environment, before, after, source } = review;
  const what = environment === undefined ? "this plan" : `this change does to ${environment}`;
  const title = source === "plan" ? `# What ${what} does` : `# What ${what}`;
  const changed = review.stacks.filter(({ status }) => status !== "unchanged");
  const unchanged = review.stacks.filter(({ status }) => status === "unchanged").map(({ name }) => name);
  const parts = [
    title.replace("does does", "does"),
    `${capital(after)}, compared with ${before}.`,
    ...dangerParts(review),
    ...(changed.length > 0 ? [tableOf(review)] : []),
    ...changed.map((stack) => stackPart(stack)),
    ...(changed.length > 0 && unchanged.length > 0 ? [`Unchanged: ${unchanged.join(", ")}.`] : []),
    ...costPart(review),
    ...(review.notes.length > 0 ? [review.notes.map((note) => `- ${note}`).join("\n")] : []),
    summaryOf(review),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The last line of every review. */
export function summaryOf(review: Review): string {
  const label = review.environment ?? "plan";
  if (!hasChanges(review)) return `${label}: nothing changes.`;
  const resources = review.stacks.flatMap((stack) => stack.resources);
  const count = (action: Action) => resources.filter((each) => each.action === action && !isFolded(each)).length;
  const rolls = review.stacks.flatMap((stack) => stack.rolls.map(({ program }) => program));
  const ways = review.stacks.flatMap(({ grants, passages }) => [...grants, ...passages]);
  const closed = ways.filter(({ change }) => change === "closed").length;
  // Grants and passages, and whatever else lets somebody in or out.
  const opened = review.dangers.filter(({ kind }) => kind === "access").length;
  const data = review.dangers.filter(({ kind }) => kind === "data").length;
  const guards = review.dangers.filter(({ kind }) => kind === "guard").length;
  return [
    `${label}: ${count("created")} created, ${count("updated")} changed, ${count("replaced")} replaced, ${count("destroyed")} destroyed`,
    rolls.length > 0 ? `rolls ${rolls.join(", ")}` : "nothing rolls",
    `${counted(opened, "way")} opened, ${closed} closed`,
    ...(guards > 0 ? [`${counted(guards, "guard")} lowered`] : []),
    ...(data > 0 ? [`DATA WOULD BE LOST (${data})`] : []),
    ...(review.cost === undefined ? [] : [`${usdDelta(review.cost.afterUsd - review.cost.beforeUsd)} a month`]),
  ]
    .join("; ")
    .concat(".");
}

/** A template that rolls is no resource of its own to a reader, and neither is what is only read. */
function isFolded({ toldElsewhere, type }: ResourceChange): boolean {
  return (toldElsewhere && !/_iam_|_firewall$/.test(type)) || isRead(type);
}

function isRead(type: string): boolean {
  return type.startsWith("data.");
}

function dangerParts({ dangers }: Review): string[] {
  return (["data", "guard", "access"] as const).flatMap((kind) => {
    const texts = dangers.filter((danger) => danger.kind === kind);
    if (texts.length === 0) return [];
    const lines = texts.map(({ stack, text }) => `> - ${stack}: ${withoutReferences(shortPeers(text))}`);
    return [[`> **${KINDS[kind]}**`, ">", ...lines].join("\n")];
  });
}

/** A line a stack that changes, and one that costs another sum because of what changes elsewhere. */
function tableOf({ cost, stacks }: Review): string {
  const header = "| stack | created | changed | replaced | destroyed | rolls | a month |";
  const monthOf = (name: string) => {
    const costs = cost?.stacks.find(({ stack }) => stack === name);
    return costs === undefined ? "" : usdDelta(costs.afterUsd - costs.beforeUsd);
  };
  const listed = stacks.filter(({ name, status }) => status !== "unchanged" || /[1-9]/.test(monthOf(name)));
  const rows = listed.map(({ name, status, resources, rolls }) => {
    const count = (action: Action) =>
      resources.filter((each) => each.action === action && !isFolded(each)).length || "";
    const month = monthOf(name);
    const label = status === "changed" ? name : `${name} (${status})`;
    const programs = rolls.map(({ program }) => program).join(", ");
    return `| ${label} | ${count("created")} | ${count("updated")} | ${count("replaced")} | ${count("destroyed")} | ${programs} | ${month} |`;
  });
  return [header, "| --- | ---: | ---: | ---: | ---: | --- | ---: |", ...rows].join("\n");
}

function stackPart({ name, status, settings, resources, rolls, grants, passages }: StackReview): string {
  const heading = status === "changed" ? `## ${name}` : `## ${name} (stack ${status})`;
  const listed = resources.filter(({ toldElsewhere }) => !toldElsewhere);
  const order: readonly Action[] = ["replaced", "destroyed", "updated", "created"];
  const lines = [
    ...settings.map((change) => `- **the stack itself** ${changeLine(change)}`),
    ...rolls.flatMap(rollLines),
    ...order.flatMap((action) => actionLines(listed.filter((each) => each.action === action))),
    ...grants.map(grantLine),
    ...passages.map(passageLine),
  ];
  return [heading, "", ...lines].join("\n");
}

const WORDS: Readonly<Record<Action, readonly [declared: string, read: string]>> = {
  created: ["created", "now read"],
  updated: ["changed", "read differently"],
  replaced: ["replaced", "read anew"],
  destroyed: ["destroyed", "no longer read"],
};

/** The resources of one action; many of one kind that need no words of their own share a line. */
function actionLines(resources: readonly ResourceChange[]): string[] {
  const groups = new Map<string, ResourceChange[]>();
  for (const resource of resources) {
    const key = groupOf(resource);
    groups.set(key, [...(groups.get(key) ?? []), resource]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length < GROUP_MIN) return group.flatMap(resourceLines);
    const paths = group.map(({ path, address }) => `${path === address ? `\`${address}\`` : path}`).join(", ");
    const word = WORDS[first.action][isRead(first.type) ? 1 : 0];
    return [`- **${word}** ${group.length} \`${first.type}\`${followers(first)}: ${paths}.`];
  });
}

/** Alike: come or gone without a word to say, or changed only because what they name is made anew. */
function groupOf(resource: ResourceChange): string {
  const { action, address, type, holdsData, notes } = resource;
  const plain = (action === "created" || action === "destroyed") && !holdsData && notes.length === 0;
  return plain || followers(resource) !== "" ? `${type}${followers(resource)}` : address;
}

function followers({ action, attributes, notes }: ResourceChange): string {
  const follows = attributes.length > 0 && attributes.every(({ after }) => after === KNOWN_AFTER_APPLY);
  if (action !== "updated" || !follows || notes.length > 0) return "";
  const named = [...new Set(attributes.map(({ before }) => withoutReferences(String(before))))];
  return `, which name ${named.join(", ")}`;
}

function resourceLines(resource: ResourceChange): string[] {
  const { action, type, path, address, name, attributes, forcedBy, notes, holdsData } = resource;
  const label = path === address ? `\`${address}\`` : `\`${type}\` ${path}`;
  const called = name === undefined || path.endsWith(name) ? "" : ` (${shown(name)})`;
  const because = forcedBy.length > 0 ? `, forced by ${forcedText(forcedBy)}` : "";
  const loud = holdsData && (action === "replaced" || action === "destroyed") ? " **It holds data.**" : "";
  const changes = attributes.slice(0, LINES_MAX).map((change) => `  - ${changeLine(change)}`);
  const rest = attributes.length - changes.length;
  return [
    `- **${WORDS[action][isRead(type) ? 1 : 0]}** ${label}${called}${because}.${loud}`,
    ...changes,
    ...(rest > 0 ? [`  - and ${counted(rest, "more attribute")}`] : []),
    ...notes.map((note) => `  - ${note.replace(/\.?$/, ".")}`),
  ];
}

function rollLines({ program, how, bundle, files, settings, boot, machine }: Roll): string[] {
  const shownFiles = files.slice(0, FILES_MAX).map((file) => `\`${file}\``);
  const more = files.length > FILES_MAX ? `, and ${files.length - FILES_MAX} more` : "";
  const fileText = files.length > 0 ? `: ${shownFiles.join(", ")}${more}` : "";
  return [
    `- **rolled** ${program}. ${how}`,
    ...(bundle ? [`  - because of its bundle${fileText}`] : []),
    ...settings.map((change) => `  - because of the setting ${changeLine(change)}`),
    ...boot.map((part) => `  - because of the boot script: \`${part}\``),
    ...machine.map((change) => `  - because of the machine: ${changeLine(change)}`),
  ];
}

const SIGNS = { opened: "opened**", closed: "closed", narrowed: "narrowed" } as const;

function accessSign(what: string, change: keyof typeof SIGNS): string {
  return `${change === "opened" ? "**" : ""}${what} ${SIGNS[change]}`;
}

function grantLine({ change, who, role, on, condition, why }: GrantChange): string {
  const when = condition === undefined ? "" : ` where ${shown(condition, CONDITION_CHARS_MAX)}`;
  const reason = why === undefined ? "" : ` ${why}`;
  const [whom, what] = [shortMember(who), on].map(withoutReferences);
  return `- ${accessSign("grant", change)} ${whom}: \`${role}\` on ${what}${when}.${reason}`;
}

function passageLine({ change, direction, from, to, traffic, rule, why }: PassageChange): string {
  const reason = why === undefined ? "" : ` ${why}`;
  const way = `from ${shortPeers(from)} to ${shortPeers(to)}, ${traffic} (rule \`${rule}\`)`;
  return `- ${accessSign("firewall", change)} ${direction}: ${withoutReferences(way)}.${reason}`;
}

function costPart({ cost }: Review): string[] {
  if (cost === undefined) return [];
  const { beforeUsd, afterUsd, lines, eventsPerDay } = cost;
  const usd = (value: number) => `$${value.toFixed(2)}`;
  const total =
    `Monthly cost: ${usd(beforeUsd)} -> ${usd(afterUsd)} (${usdDelta(afterUsd - beforeUsd)}), ` +
    `at ${eventsPerDay.toLocaleString("en")} events a day.`;
  const details = lines.map((line) => `- ${line.stack}, ${line.what}: ${usd(line.beforeUsd)} -> ${usd(line.afterUsd)}`);
  return [[total, ...(details.length > 0 ? ["", ...details] : [])].join("\n")];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
