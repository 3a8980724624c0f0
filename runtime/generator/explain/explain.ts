import { EVENTS } from "../../schema/events";
import type { IncidentSchedule } from "../incidents/read-incidents";
import { DAY_S, formatTimeS, MINUTE_S } from "../time";
import { mermaidDiagram } from "./diagram";
import { type Estimate, estimate, type Sample, type Simulate, sampleOf, type Tally, total } from "./sample";
import { type SettingsContext, settingsTable } from "./settings-table";
import { stateTable } from "./states";
import { about, bytes, duration, percent, table, whole } from "./words";

export interface Explained extends SettingsContext {
  /** Of the run, where it has any. */
  readonly incidents?: Pick<IncidentSchedule, "described"> | undefined;
  /** Simulates by the configuration, rules, catalogue and incidents of the run. */
  readonly simulate: Simulate;
  /** How many events are simulated, roughly. @default 300,000: about a second's work */
  readonly sampleEvents?: number;
}

const ENDLESS_S = 100 * 365 * DAY_S;

/** An estimate with its uncertainty, where it has any. */
function estimated({ value, plusMinus }: Estimate, write: (value: number) => string): string {
  if (plusMinus === 0 || value === 0) return write(value);
  return `${write(value)} ± ${percent(Math.min(1, plusMinus / value))}`;
}

function eventsTable({ plan, settings }: Explained, sample: Sample): string {
  const days = sample.seconds / DAY_S;
  const of = (what: (tally: Tally) => number) => estimate(sample, plan.users, what);
  const topics = EVENTS.map((event) => event.topic).filter(
    (topic) => settings.GENERATOR_TOPIC === undefined || settings.GENERATOR_TOPIC === topic,
  );
  const row = (name: string, what: (tally: Tally) => number, write: (value: number) => string) => {
    const one = of(what);
    return [name, estimated({ value: one.value / days, plusMinus: one.plusMinus / days }, write), runTotal(one, write)];
  };
  const runTotal = (one: Estimate, write: (value: number) => string) => {
    const factor = runFactor(plan, sample, of(allEvents).value);
    return factor === undefined
      ? "no end"
      : estimated({ value: one.value * factor, plusMinus: one.plusMinus * factor }, write);
  };
  return table(
    ["What", "A day", "The whole run"],
    [
      ...topics.map((topic) => row(topic, ({ events }) => events.get(topic) ?? 0, about)),
      ["all events, all topics", ...row("", allEvents, about).slice(1)],
      ["bytes as JSON lines, all topics", ...row("", (tally) => tally.bytes, bytes).slice(1)],
    ],
  );
}

function allEvents({ events }: Tally): number {
  return [...events.values()].reduce((sum, count) => sum + count, 0);
}

/** By how much the whole run is longer than the sample; `undefined` where it has no end. */
function runFactor(plan: Explained["plan"], { seconds, isWhole }: Sample, events: number): number | undefined {
  if (isWhole) return 1;
  const byTime = (plan.endS - plan.startS) / seconds;
  const byEvents = events === 0 ? Number.POSITIVE_INFINITY : plan.events / events;
  const factor = Math.min(byTime, byEvents);
  return factor * seconds > ENDLESS_S ? undefined : factor;
}

function sampleText({ plan }: Explained, sample: Sample): string {
  const { shard } = plan;
  const part = shard === undefined ? "" : ` Part ${shard.index} of ${shard.count} writes about 1/${shard.count} of it.`;
  if (sample.isWhole) return `The run is small: these are the figures of the run itself.${part}`;
  const users = total(sample, ({ usersAtStart }) => usersAtStart);
  const isShort = plan.startS + sample.seconds < plan.endS;
  const rest = isShort ? " What comes after it is taken to be like it." : "";
  return (
    `From ${sample.tallies.length} groups of ${whole(users / sample.tallies.length)} users like those of the run, ` +
    `simulated for ${duration(sample.seconds)}, scaled to ${whole(plan.users)} users; ± is the 95 % interval.${rest}${part}`
  );
}

function sessionText(sample: Sample): string {
  const sessions = total(sample, (tally) => tally.sessions);
  if (sessions === 0) return "Nobody comes in this time.";
  const pages = total(sample, (tally) => tally.pages);
  const seconds = total(sample, (tally) => tally.sessionSeconds);
  return (
    `A session has ${about(pages / sessions)} pages and lasts ${about(seconds / sessions / MINUTE_S)} minutes ` +
    "from its first page to its last, on average."
  );
}

function userText({ plan }: Explained, sample: Sample): string {
  const of = (what: (tally: Tally) => number) => estimate(sample, plan.users, what);
  const joined = of(({ users, usersAtStart }) => users - usersAtStart);
  const left = of(({ users, usersLeft }) => users - usersLeft);
  const there = of(({ usersLeft }) => usersLeft);
  return (
    `Of ${whole(plan.users)} users at the start and ${estimated(joined, whole)} who join, ${estimated(left, whole)} leave ` +
    `for good within ${duration(sample.seconds)}; then there are ${estimated(there, whole)}.`
  );
}

function incidentsText({ incidents, plan }: Explained): readonly string[] {
  if (incidents === undefined || incidents.described.length === 0) return [];
  const rows = incidents.described.map(({ line, fromS, toS, text }) => {
    const isOutside = toS <= plan.startS || fromS >= plan.endS;
    return [String(line), formatTimeS(fromS), formatTimeS(toS), `${text}${isOutside ? " (outside the run)" : ""}`];
  });
  return ["", "## Incidents", "", table(["Line", "From", "To", "What"], rows)];
}

/**
 * A run in words, as Markdown: its settings and where they come from, its states as a table and a diagram, what it
 * will write. Simulates a sample of the users, about a second; writes nothing anywhere.
 */
export function explain(explained: Explained): string {
  const { configuration, plan, simulate } = explained;
  const sample = sampleOf(configuration.machine, plan, simulate, explained.sampleEvents);
  const pages = Math.max(
    1,
    total(sample, (tally) => tally.pages),
  );
  const { machine } = configuration;
  const shares = machine.states.map(({ index }) => total(sample, ({ visits }) => visits[index] ?? 0) / pages);
  return `${[
    "# What this run would do",
    "",
    "## Settings",
    "",
    settingsTable(explained),
    ...incidentsText(explained),
    "",
    "## Events",
    "",
    sampleText(explained, sample),
    "",
    eventsTable(explained, sample),
    "",
    sessionText(sample),
    userText(explained, sample),
    "",
    "## States",
    "",
    stateTable(machine, shares),
    "",
    "## Diagram",
    "",
    "```mermaid",
    mermaidDiagram(machine, shares),
    "```",
  ].join("\n")}\n`;
}
