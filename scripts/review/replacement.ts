/** What an entry of the table of replacements says; the table is replacement-table.ts. */

/** A change that replaces only sometimes. */
export interface Condition {
  readonly path: string;
  /** Ends the sentence "is made anew when ...". */
  readonly when: string;
  readonly replaces: (before: unknown, after: unknown) => boolean;
}

export interface ReplacementEntry {
  /** Attributes without the elements of lists; a block stands for everything in it. `every`: there is no update. */
  readonly forcing: readonly string[] | "every";
  /** Exceptions of `every`. */
  readonly except?: readonly string[];
  readonly conditions?: readonly Condition[];
  readonly source: { readonly file: string; readonly commit: string };
  readonly note?: string;
}
