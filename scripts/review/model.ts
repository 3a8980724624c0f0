/**
 * What a review says, as `--json` prints it. The shape is stable: fields may be added, and `format` grows where one
 * changes its meaning. docs/review.md explains it.
 */

/** One attribute that differs. */
export interface AttributeChange {
  /** Terraform's names with dots; `[2]` or `[name]` is an element of a list. */
  readonly path: string;
  /** `undefined` where there was none. */
  readonly before: unknown;
  /** `undefined` where there is none any more. */
  readonly after: unknown;
}

/**
 * `updated` in place; `replaced` is destroyed and made anew. Terraform calls a change to a machine's template a
 * replacement too; those stand in `rolls`.
 */
export type Action = "created" | "updated" | "replaced" | "destroyed";

export interface ResourceChange {
  readonly action: Action;
  readonly stack: string;
  /** `google_storage_bucket.lake_bucket_1A2B3C4D`: Terraform's address in its stack. */
  readonly address: string;
  readonly type: string;
  /** Construct path below the stack; the address where it is not known. */
  readonly path: string;
  /** The name that the cloud knows it by, where the declaration has one. */
  readonly name: string | undefined;
  readonly attributes: readonly AttributeChange[];
  /** Why it is made anew: the attributes (or the resources that it names) that can't be changed in place. */
  readonly forcedBy: readonly string[];
  /** Does it hold data that nobody can make again? */
  readonly holdsData: boolean;
  /** Further sentences: what stops the deploy, what else is to be known. */
  readonly notes: readonly string[];
  /** Told elsewhere in the review (`rolls`, `grants`, `passages`), so that the page need not list it again. */
  readonly toldElsewhere: boolean;
}

/** Machines that are made anew because their template differs. */
export interface Roll {
  readonly stack: string;
  /** What runs there: `loader`, `kafka`. */
  readonly program: string;
  /** How: one sentence, from the group's update policy. */
  readonly how: string;
  /** Files of the bundle that differ; `node_modules/<package>` stands for all files of a package. */
  readonly files: readonly string[];
  /** The bundle itself differs. */
  readonly bundle: boolean;
  /** Settings (environment variables) that differ. */
  readonly settings: readonly AttributeChange[];
  /** Parts of the boot script that differ: the files that it writes, or `commands`. */
  readonly boot: readonly string[];
  /** Everything else of the template: machine type, disk, image, account. */
  readonly machine: readonly AttributeChange[];
}

/** `narrowed`: less of it is left, and what is told is what is left. */
export type AccessChange = "opened" | "closed" | "narrowed";

export interface GrantChange {
  readonly stack: string;
  readonly change: AccessChange;
  /** `serviceAccount:...`, `allUsers` ... */
  readonly who: string;
  readonly role: string;
  /** `bucket acme-lake`. */
  readonly on: string;
  /** The condition's expression. */
  readonly condition: string | undefined;
  /** The sentence that the declaration gives. */
  readonly why: string | undefined;
}

export interface PassageChange {
  readonly stack: string;
  /** `opened`: traffic passes that did not pass before. */
  readonly change: AccessChange;
  readonly direction: "in" | "out";
  readonly from: string;
  readonly to: string;
  /** `tcp 9092`, `all`. */
  readonly traffic: string;
  /** The rule's name. */
  readonly rule: string;
  readonly why: string | undefined;
}

/** What nobody may overlook. */
export interface Danger {
  readonly kind: "data" | "guard" | "access";
  readonly stack: string;
  /** One sentence. */
  readonly text: string;
}

export interface StackReview {
  readonly name: string;
  readonly status: "created" | "removed" | "changed" | "unchanged";
  /** The stack's own settings that differ: backend, provider, versions. */
  readonly settings: readonly AttributeChange[];
  readonly resources: readonly ResourceChange[];
  readonly rolls: readonly Roll[];
  readonly grants: readonly GrantChange[];
  readonly passages: readonly PassageChange[];
}

/** US dollars a month, as `npm run cost` reckons them. */
export interface CostChange {
  readonly beforeUsd: number;
  readonly afterUsd: number;
}

export interface MonthlyCost extends CostChange {
  /** What both sides are reckoned with. */
  readonly eventsPerDay: number;
  readonly stacks: readonly (CostChange & { readonly stack: string })[];
  /** Positions that differ. */
  readonly lines: readonly (CostChange & { readonly stack: string; readonly what: string })[];
}

export interface Review {
  readonly format: 1;
  /** `synth`: two declarations were compared; `plan`: Terraform's own plan was read. */
  readonly source: "synth" | "plan";
  readonly environment: string | undefined;
  readonly before: string;
  readonly after: string;
  readonly dangers: readonly Danger[];
  /** In the order of a deploy. */
  readonly stacks: readonly StackReview[];
  readonly cost: MonthlyCost | undefined;
  /** What the reader must know about the comparison itself. */
  readonly notes: readonly string[];
}

/** What a pipeline learns from a review. */
export const EXIT_CODES = { nothing: 0, failure: 1, usage: 2, changes: 3, danger: 4 } as const;

/** Does anything differ at all? */
export function hasChanges({ stacks }: Review): boolean {
  return stacks.some(({ status }) => status !== "unchanged");
}

export function exitCodeOf(review: Review): number {
  if (review.dangers.length > 0) return EXIT_CODES.danger;
  return hasChanges(review) ? EXIT_CODES.changes : EXIT_CODES.nothing;
}
