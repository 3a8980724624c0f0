import { METADATA, parseEnvironmentBlock } from "../../stacks/constructs/machine-metadata";
import type { Attributes } from "../../stacks/synthesis/synthesized";
import { changedFiles } from "./bundle-files";
import { attributeChanges, plainPath, valueChanges } from "./differ";
import type { AttributeChange, Roll } from "./model";
import { blocksAt, type Judged, textOf, valueAt } from "./resources";

/** Machines that are made anew: which, how, and because of what. */

const TEMPLATES = ["google_compute_instance_template", "google_compute_region_instance_template"];
const GROUPS = ["google_compute_instance_group_manager", "google_compute_region_instance_group_manager"];
const BOOT = "user-data";
const SECRETS = /PASSWORD|SECRET|TOKEN|CREDENTIAL|PRIVATE/i;

/** The text of a program's bundle on each side; `undefined` where there is none at hand. */
export type BundleTexts = (program: string) => { readonly before?: string; readonly after?: string } | undefined;

/** @returns the rolls, and the addresses of everything that they tell */
export function rollsOf(judged: readonly Judged[], texts: BundleTexts): { rolls: Roll[]; told: Set<string> } {
  const told = new Set<string>();
  const rolls = judged.flatMap((template) => {
    if (!TEMPLATES.includes(template.type) || template.before === undefined || template.after === undefined) return [];
    if (template.action !== "replaced") return [];
    const group = judged.find((each) => GROUPS.includes(each.type) && runsFrom(each, template));
    if (group?.before === undefined || group.after === undefined) return [];
    told.add(template.address);
    // What else differs about the group is worth a line of its own.
    if (group.attributes.every(({ path }) => plainPath(path).startsWith("version"))) told.add(group.address);
    const roll = rollOf(template, group, texts);
    for (const { address } of bundlesOf(judged, template)) told.add(address);
    return [roll];
  });
  return { rolls, told };
}

function runsFrom(group: Judged, template: Judged): boolean {
  const versions = blocksAt(group.after ?? group.before, "version").map((version) => String(version.instance_template));
  const prefix = textOf((template.after ?? template.before)?.name_prefix);
  return (
    versions.some((version) => version.includes(`${template.address}.`)) ||
    // A plan knows the template's link only after it is made; our groups and templates share their names.
    (prefix !== undefined && prefix === `${valueAt(group.after ?? group.before, "base_instance_name")}-`)
  );
}

function bundlesOf(judged: readonly Judged[], template: Judged): Judged[] {
  const hashes = [template.before, template.after].map((side) => metadataOf(side)[METADATA.bundleSha256]);
  return judged.filter(
    ({ type, before, after }) =>
      type === "google_storage_bucket_object" &&
      [before, after].some((side) => hashes.some((hash) => hash !== undefined && String(side?.name).includes(hash))),
  );
}

function metadataOf(attributes: Attributes | undefined): Readonly<Record<string, string | undefined>> {
  return (attributes?.metadata ?? {}) as Readonly<Record<string, string | undefined>>;
}

function rollOf(template: Judged, group: Judged, texts: BundleTexts): Roll {
  const [old, next] = [metadataOf(template.before), metadataOf(template.after)];
  const bundled = next[METADATA.program] ?? old[METADATA.program];
  const bundle = old[METADATA.bundleSha256] !== next[METADATA.bundleSha256];
  const contents = bundle && bundled !== undefined ? texts(bundled) : undefined;
  return {
    stack: template.stack,
    program: rolledOf(bundled, bundle, group),
    how: howItRolls(group.after ?? {}),
    bundle,
    files:
      contents?.before === undefined || contents.after === undefined
        ? []
        : changedFiles(contents.before, contents.after),
    settings: settingChanges(old[METADATA.environment], next[METADATA.environment]),
    boot: changedParts(old[BOOT] ?? "", next[BOOT] ?? ""),
    machine: [...imageChanges(old[BOOT] ?? "", next[BOOT] ?? ""), ...machineChanges(template)],
  };
}

/** A keeper rolls nothing by itself: the machine beside whose Kafka it runs is made anew, and Kafka with it. */
function rolledOf(bundled: string | undefined, isAnotherBundle: boolean, group: Judged): string {
  if (bundled !== undefined && bundled !== "keeper") return bundled;
  return isAnotherBundle ? `${whatRuns(group)} (another keeper)` : whatRuns(group);
}

/** `kafka/group` runs kafka; in a plan only the group's name is known. */
function whatRuns({ path, address, after }: Judged): string {
  return path === address ? String(after?.name ?? address) : (path.split("/")[0] ?? path);
}

function howItRolls(group: Attributes): string {
  const policy = blocksAt(group, "update_policy")[0] ?? {};
  if (policy.type !== "PROACTIVE") return "Nothing happens by itself: a machine takes it when it is made anew.";
  if (policy.replacement_method === "RECREATE") {
    return "Its machine is made anew in place: a restart, with a minute or two without it.";
  }
  const surge = Number(policy.max_surge_fixed ?? 0);
  if (surge > 0 && Number(policy.max_unavailable_fixed ?? 0) === 0) {
    return surge === 1
      ? "One new machine first, then an old one goes."
      : `${surge} new machines first, then as many old ones go.`;
  }
  return "Old machines go before new ones answer.";
}

function settingChanges(before: string | undefined, after: string | undefined): AttributeChange[] {
  const [old, next] = [before, after].map((block) => parseEnvironmentBlock(block ?? ""));
  return valueChanges("settings", old, next).map(({ path, ...change }) => {
    const name = path.replace(/^settings\./, "");
    return SECRETS.test(name) ? { path: name, before: "(hidden)", after: "(hidden)" } : { path: name, ...change };
  });
}

/** The files that a cloud-config writes, by path, and what is left of it as `commands`. */
function changedParts(before: string, after: string): string[] {
  const [old, next] = [partsOf(before), partsOf(after)];
  const names = [...new Set([...old.keys(), ...next.keys()])];
  return names.filter((name) => old.get(name) !== next.get(name));
}

function partsOf(cloudConfig: string): Map<string, string> {
  const parts = new Map<string, string>();
  let part = "commands";
  for (const line of cloudConfig.split("\n")) {
    const written = /^\s*- path: (\S+)/.exec(line);
    if (written?.[1] !== undefined) part = written[1];
    else if (/^\S/.test(line)) part = "commands";
    parts.set(part, `${parts.get(part) ?? ""}${line}\n`);
  }
  return parts;
}

/** The container images that a boot script names, with their tags or digests: machines pull through Google's registry. */
function imageChanges(before: string, after: string): AttributeChange[] {
  const images = (text: string) => [
    ...new Set(text.match(/[\w.-]+\.pkg\.dev\/[\w./-]+(?=[:@])(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?/g) ?? []),
  ];
  return valueChanges("container images", images(before), images(after));
}

/** Told in words of their own above. */
const TOLD = [METADATA.program, METADATA.bundle, METADATA.bundleSha256, METADATA.environment, BOOT];

function machineChanges({ before = {}, after = {} }: Judged): AttributeChange[] {
  return attributeChanges(withoutTold(before), withoutTold(after));
}

function withoutTold(attributes: Attributes): Attributes {
  const metadata = Object.entries(metadataOf(attributes)).filter(
    ([name]) => !(TOLD as readonly string[]).includes(name),
  );
  return { ...attributes, metadata: Object.fromEntries(metadata) };
}
