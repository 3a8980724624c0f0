import type { SynthesizedPlatform, SynthesizedProgram, SynthesizedStack } from "../../stacks/synthesis/synthesized";
import { costChange } from "./costs";
import { attributeChanges, plainPath } from "./differ";
import { grantChanges, isGrant } from "./grants";
import { dangersOf, holdsData, stopsOf } from "./guards";
import { judgeStack } from "./judge";
import type { Danger, GrantChange, PassageChange, ResourceChange, Review, StackReview } from "./model";
import { isFirewall, passageChanges } from "./passages";
import { replacementOf } from "./replacement-table";
import { cloudNameOf, type Judged } from "./resources";
import { type BundleTexts, rollsOf } from "./rolls";

export interface CompareOptions {
  readonly environment: string;
  /** Names of both sides, for the reader. */
  readonly labels: { readonly before: string; readonly after: string };
  /** What the costs are reckoned with, on both sides. */
  readonly eventsPerDay: number;
  /** The text of a bundle. @default nothing, so that the files of a bundle are not told apart */
  readonly bundleText?: (program: SynthesizedProgram) => string | undefined;
  readonly notes?: readonly string[];
}

/** The review of two synths. */
export function compareSynths(
  before: SynthesizedPlatform,
  after: SynthesizedPlatform,
  options: CompareOptions,
): Review {
  const { environment, labels, eventsPerDay, notes = [] } = options;
  const names = [...after.stacks, ...before.stacks].map(({ name }) => name);
  const texts = textsOf(before, after, options.bundleText ?? (() => undefined));
  const reviews = [...new Set(names)].map((name) => {
    const [old, next] = [before, after].map(({ stacks }) => stacks.find((stack) => stack.name === name));
    return reviewStack(name, old, next, texts);
  });
  const cost = costChange(before, after, eventsPerDay);
  const removed = reviews.filter(({ review }) => review.status === "removed").map(({ review }) => review.name);
  return {
    format: 1,
    source: "synth",
    environment,
    before: labels.before,
    after: labels.after,
    dangers: reviews.flatMap(({ dangers }) => dangers),
    stacks: reviews.map(({ review }) => review),
    cost: "problem" in cost ? undefined : cost,
    notes: [
      ...notes,
      ...removed.map(
        (name) =>
          `A deploy does nothing about a stack that is no longer declared: ${name} stays as it is until somebody ` +
          "destroys it from a commit that still declares it.",
      ),
      ...unknownTypes(reviews, "updated").map(
        (type) => `The table of replacements does not know ${type}: what is told as changed may be made anew.`,
      ),
      ...unknownTypes(reviews, "created").map((type) => `No ${type} was reviewed before: look at what it opens.`),
      ...("problem" in cost ? [`The costs can't be reckoned: ${cost.problem}`] : []),
    ],
  };
}

/** The parts of a review that follow from judged resources, whoever judged them. */
export function reviewOf(
  name: string,
  judged: readonly Judged[],
  status: StackReview["status"],
  settings: StackReview["settings"],
  texts: BundleTexts,
): { readonly review: StackReview; readonly dangers: Danger[] } {
  const { rolls, told } = rollsOf(judged, texts);
  const grants = grantChanges(judged);
  const passages = passageChanges(judged);
  const asAccess = (each: Judged) => isToldAsAccess(each, grants, passages);
  const resources = judged.flatMap((each) => resourceChange(each, told.has(each.address) || asAccess(each)));
  const changed = resources.length > 0 || settings.length > 0;
  return {
    review: {
      name,
      status: status === "changed" && !changed ? "unchanged" : status,
      settings,
      resources,
      rolls,
      grants,
      passages,
    },
    dangers: [...stateDangers(name, settings), ...dangersOf(judged, grants, passages, status === "created")],
  };
}

/** A state in another place: Terraform finds nothing there, and takes nothing to be deployed. */
function stateDangers(stack: string, settings: StackReview["settings"]): Danger[] {
  const moved = settings.map(({ path }) => path).filter((path) => path.startsWith("backend."));
  if (moved.length === 0) return [];
  const what = moved.map((path) => `\`${path}\``).join(", ");
  const text =
    `the state lies elsewhere (${what}): unless it is moved by terraform init -migrate-state, Terraform forgets ` +
    "what is deployed and makes it again beside it.";
  return [{ kind: "guard", stack, text }];
}

function reviewStack(
  name: string,
  before: SynthesizedStack | undefined,
  after: SynthesizedStack | undefined,
  texts: BundleTexts,
) {
  const status = before === undefined ? "created" : after === undefined ? "removed" : "changed";
  const settings = status === "changed" ? attributeChanges(settingsOf(before), settingsOf(after)) : [];
  return reviewOf(name, judgeStack(name, before, after), status, settings, texts);
}

/** Types of resources that no entry of the table of replacements speaks of. */
function unknownTypes(reviews: readonly { readonly review: StackReview }[], what: "created" | "updated"): string[] {
  const resources = reviews.flatMap(({ review }) => review.resources);
  const types = resources.filter(({ action }) => action === what).map(({ type }) => type);
  return [...new Set(types)].filter((type) => !type.startsWith("data.") && replacementOf(type) === undefined);
}

/** Where the state lies, and which providers with what settings. */
function settingsOf(stack: SynthesizedStack | undefined) {
  const { terraform = {}, provider = {} } = stack?.json ?? {};
  return { ...terraform, provider_settings: provider };
}

function resourceChange(judged: Judged, toldElsewhere: boolean): ResourceChange[] {
  const { action, stack, address, type, path, attributes, forcedBy, before, after, notes } = judged;
  if (action === "none") return [];
  return [
    {
      action,
      stack,
      address,
      type,
      path,
      name: cloudNameOf(after) ?? cloudNameOf(before),
      attributes,
      forcedBy,
      holdsData: holdsData(type),
      notes: [...notes, ...stopsOf(judged)],
      toldElsewhere,
    },
  ];
}

/** Attributes of a firewall rule that the passages tell. */
const PASSAGE_ATTRIBUTES = [
  "allow",
  "deny",
  "source_ranges",
  "source_service_accounts",
  "source_tags",
  "destination_ranges",
  "target_service_accounts",
  "target_tags",
];

/** Is all that happens to a grant or a rule told by who gets what, and what passes? */
function isToldAsAccess(judged: Judged, grants: readonly GrantChange[], passages: readonly PassageChange[]): boolean {
  if (judged.notes.length > 0) return false;
  if (isGrant(judged.type)) return isAmong(grantChanges([judged]), grants);
  if (!isFirewall(judged.type)) return false;
  const ofPassages = judged.attributes.every(({ path }) => {
    const [name = ""] = plainPath(path).split(".");
    return PASSAGE_ATTRIBUTES.includes(name);
  });
  return ofPassages && isAmong(passageChanges([judged]), passages);
}

function isAmong<T>(changes: readonly T[], all: readonly T[]): boolean {
  const known = all.map((change) => JSON.stringify(change));
  return changes.length > 0 && changes.every((change) => known.includes(JSON.stringify(change)));
}

function textsOf(
  before: SynthesizedPlatform,
  after: SynthesizedPlatform,
  textOfBundle: (program: SynthesizedProgram) => string | undefined,
): BundleTexts {
  const find = ({ stacks }: SynthesizedPlatform, program: string) => {
    const found = stacks.flatMap(({ programs }) => programs).find((each) => each.program === program);
    return found === undefined ? undefined : textOfBundle(found);
  };
  return (program) => ({ before: find(before, program), after: find(after, program) });
}
