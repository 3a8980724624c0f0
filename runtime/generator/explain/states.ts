import type { State, StateMachine } from "../config/state-machine";
import { percent, table } from "./words";

const NEXT_SHOWN = 3;
const ROUNDING = 1e-9;

function nextPages(state: State, machine: StateMachine): string {
  const ways = machine.transitionsFrom(state).filter(({ p }) => p > 0);
  const likeliest = [...ways].sort((a, b) => b.p - a.p).slice(0, NEXT_SHOWN);
  const name = (to: State) => {
    const changes = [to.auth === state.auth ? "" : to.auth, to.level === state.level ? "" : to.level].filter(
      (change) => change !== "",
    );
    return changes.length === 0 ? to.page : `${to.page} [${changes.join(", ")}]`;
  };
  const more = ways.length > NEXT_SHOWN ? `, ${ways.length - NEXT_SHOWN} more` : "";
  return ways.length === 0 ? "none" : likeliest.map(({ to, p }) => `${name(to)} ${percent(p)}`).join(", ") + more;
}

/**
 * The state machine as a table, by login and level, the most visited pages first.
 * @param shares of all visits, by the state's index
 */
export function stateTable(machine: StateMachine, shares: readonly number[]): string {
  const groups = new Map<string, number>();
  for (const { auth, level } of machine.states) {
    const key = JSON.stringify([auth, level]);
    if (!groups.has(key)) groups.set(key, groups.size);
  }
  const groupOf = ({ auth, level }: State) => groups.get(JSON.stringify([auth, level])) ?? 0;
  const shareOf = (state: State) => shares[state.index] ?? 0;
  const sorted = [...machine.states].sort((a, b) => groupOf(a) - groupOf(b) || shareOf(b) - shareOf(a));
  const rows = sorted.map((state) => {
    const missing = 1 - machine.transitionsFrom(state).reduce((sum, { p }) => sum + p, 0);
    const ends = missing > ROUNDING ? missing : 0;
    return [
      state.page,
      state.method,
      String(state.status),
      state.auth,
      state.level,
      percent(shareOf(state)),
      `${percent(ends)}${state.isChurned ? ", for good" : ""}`,
      nextPages(state, machine),
    ];
  });
  return table(["Page", "Method", "Status", "Auth", "Level", "Visits", "Session ends", "Likeliest next pages"], rows);
}
