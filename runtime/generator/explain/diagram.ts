import type { State, StateMachine } from "../config/state-machine";
import { percent } from "./words";

/** Ways less likely than this are left out of the diagram, unless nothing else leads to their target. */
const SHOWN_FROM = 0.05;

interface Edge {
  readonly from: State;
  readonly to: State;
  readonly p: number;
}

/** What Mermaid takes in a label as it is: it has no way to quote the rest. */
function label(text: string): string {
  const safe = text
    .replaceAll(/[^\p{L}\p{N}.,()/&'+-]+/gu, " ")
    .replaceAll(/-{2,}/g, "-")
    .trim();
  return safe === "" ? "unnamed" : safe;
}

const id = (state: State) => `s${state.index}`;
const groupKey = ({ auth, level }: State) => JSON.stringify([auth, level]);

/** The likeliest ways, and for each state that would stand alone the one that leads there most often. */
function shownEdges(edges: readonly Edge[], shares: readonly number[]): Set<Edge> {
  const shown = new Set(edges.filter(({ p }) => p >= SHOWN_FROM));
  const reached = new Set([...shown].filter(({ from, to }) => from !== to).map(({ to }) => to));
  const flow = ({ from, p }: Edge) => (shares[from.index] ?? 0) * p;
  const best = new Map<State, Edge>();
  for (const edge of edges) {
    if (edge.from === edge.to || edge.p === 0 || reached.has(edge.to)) continue;
    const earlier = best.get(edge.to);
    const isBetter = earlier === undefined || flow(edge) > flow(earlier) || (flow(earlier) === 0 && edge.p > earlier.p);
    if (isBetter) best.set(edge.to, edge);
  }
  for (const edge of best.values()) shown.add(edge);
  return shown;
}

/**
 * The state machine as a Mermaid stateDiagram-v2 (mermaid.js.org/syntax/stateDiagram.html): a box for each login and
 * level, the ways between pages with their probabilities.
 * @param shares of all visits, by the state's index: they choose which way to a rare state is shown
 */
export function mermaidDiagram(machine: StateMachine, shares: readonly number[]): string {
  const edges = machine.states.flatMap((from) => machine.transitionsFrom(from).map(({ to, p }) => ({ from, to, p })));
  const shown = shownEdges(edges, shares);
  const groups = new Map<string, State[]>();
  for (const state of machine.states) groups.set(groupKey(state), [...(groups.get(groupKey(state)) ?? []), state]);
  const line = ({ from, to, p }: Edge) => `${id(from)} --> ${id(to)} : ${percent(p)}`;
  const lines = ["stateDiagram-v2", "  direction LR"];
  let group = 0;
  for (const states of groups.values()) {
    const [{ auth, level } = { auth: "", level: "" }] = states;
    lines.push(`  state "${label(`${auth}, ${level}`)}" as group${group++} {`);
    for (const state of states) lines.push(`    ${id(state)} : ${label(`${state.page} (${state.status})`)}`);
    for (const edge of shown) {
      if (groupKey(edge.from) === groupKey(edge.to) && states.includes(edge.from)) lines.push(`    ${line(edge)}`);
    }
    lines.push("  }");
  }
  for (const edge of shown) if (groupKey(edge.from) !== groupKey(edge.to)) lines.push(`  ${line(edge)}`);
  const left = edges.length - shown.size;
  if (left > 0) lines.push(`  %% ${left} of ${edges.length} ways are left out: each below ${percent(SHOWN_FROM)}.`);
  return lines.join("\n");
}
