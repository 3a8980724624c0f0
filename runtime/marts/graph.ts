/**
 * The compiled graph of the marts as an executor needs it. Only what our marts use is known here; a graph that asks
 * for more is refused, so that nothing of it is left out in silence.
 */

/** A table or view by schema and name, as in `marts.fact_streams`. */
export interface MartTarget {
  readonly schema: string;
  readonly name: string;
}

interface Action {
  readonly target: MartTarget;
  readonly description: string;
  /** Full names of the actions and sources that must be there first. */
  readonly dependencies: readonly string[];
}

/** Rebuilt as a whole on every run. */
export interface RebuiltMart extends Action {
  readonly kind: "table" | "view";
  readonly query: string;
}

/** Built as a whole once; then what the increment redoes is removed by the pre-operations and inserted again. */
export interface IncrementalMart extends Action {
  readonly kind: "incremental";
  readonly query: string;
  readonly incrementalPreOperations: readonly string[];
  readonly incrementalQuery: string;
}

/** Statements that run as they are. */
export interface OperationsAction extends Action {
  readonly kind: "operations";
  readonly statements: readonly string[];
}

/** A query that must give no rows. */
export interface AssertionAction extends Action {
  readonly kind: "assertion";
  readonly query: string;
}

export type MartAction = RebuiltMart | IncrementalMart | OperationsAction | AssertionAction;

export interface MartsGraph {
  /** In the order in which they run: dependencies first, else by name. */
  readonly actions: readonly MartAction[];
}

/** An action of Dataform's compiled graph (dataform-co/dataform, protos/core.proto), as JSON. */
export interface CompiledAction {
  readonly target: MartTarget;
  readonly actionDescriptor?: { readonly description?: string };
  readonly dependencyTargets?: readonly MartTarget[];
  readonly [property: string]: unknown;
}

export interface CompiledGraph {
  readonly tables: readonly CompiledAction[];
  readonly operations: readonly CompiledAction[];
  readonly assertions: readonly CompiledAction[];
}

/** Properties that change nothing for an executor that makes tables by CREATE OR REPLACE. */
const DESCRIPTIVE = [
  "actionDescriptor",
  "bigquery",
  "canonicalTarget",
  "dependencyTargets",
  "disabled",
  "enumType",
  "fileName",
  "hermeticity",
  "incrementalStrategy",
  "onSchemaChange",
  "parentAction",
  "protected",
  "target",
  "type",
];

/** The full name, as in `marts.fact_streams`. */
export function nameOf(target: MartTarget): string {
  return `${target.schema}.${target.name}`;
}

/**
 * The graph that an executor runs.
 * @throws Error where the compiled graph holds what no executor of ours knows, or dependencies in a circle
 */
export function martsGraph(compiled: CompiledGraph): MartsGraph {
  return {
    actions: inRunOrder([
      ...compiled.tables.map(mart),
      ...compiled.operations.map(
        (action): MartAction => ({
          ...common(action, ["queries"]),
          kind: "operations",
          statements: texts(action.queries),
        }),
      ),
      ...compiled.assertions.map(
        (action): MartAction => ({ ...common(action, ["query"]), kind: "assertion", query: String(action.query) }),
      ),
    ]),
  };
}

function mart(action: CompiledAction): MartAction {
  const query = String(action.query);
  switch (action.type) {
    case "table":
    case "view":
      return { ...common(action, ["query"]), kind: action.type, query };
    case "incremental":
      return {
        ...common(action, ["query", "incrementalPreOps", "incrementalQuery"]),
        kind: "incremental",
        query,
        incrementalPreOperations: texts(action.incrementalPreOps),
        incrementalQuery: String(action.incrementalQuery),
      };
    default:
      throw new Error(`${nameOf(action.target)} is of type ${String(action.type)}, which the executor does not know.`);
  }
}

function common(action: CompiledAction, used: readonly string[]): Action {
  const name = nameOf(action.target);
  for (const property of Object.keys(action)) {
    if (!DESCRIPTIVE.includes(property) && !used.includes(property)) {
      throw new Error(`${name} uses ${property}, which the executor does not know.`);
    }
  }
  return {
    target: { schema: action.target.schema, name: action.target.name },
    description: action.actionDescriptor?.description ?? "",
    dependencies: (action.dependencyTargets ?? []).map(nameOf),
  };
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function inRunOrder(actions: readonly MartAction[]): readonly MartAction[] {
  const waiting = new Map(
    actions.map((action) => [nameOf(action.target), action] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  const ordered: MartAction[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].find(([, action]) => !action.dependencies.some((name) => waiting.has(name)));
    if (ready === undefined) throw new Error(`The marts depend on each other: ${[...waiting.keys()].join(", ")}.`);
    waiting.delete(ready[0]);
    ordered.push(ready[1]);
  }
  return ordered;
}
