import type { Environment } from "../environment-record";
import { deploymentOf } from "../names";
import { certificateDays, machineCounts } from "./alerts";
import {
  disksUsed,
  lakeBytes,
  loggedBytes,
  machinesUp,
  memoryUsed,
  processorsUsed,
  queriedBytes,
  warehouseBytes,
} from "./platform-metrics";
import { Queries } from "./signals";

/** Columns of the grid, and what one chart takes of it: four charts a row. */
const COLUMNS = 48;
const WIDTH = 12;
const HEIGHT = 12;
const WINDOW = "5m";

interface Chart {
  readonly title: string;
  /** PromQL, by what the legend calls it. */
  readonly queries: Readonly<Record<string, string>>;
  /** UCUM. */
  readonly unit: string;
  readonly kind?: "LINE" | "STACKED_AREA" | "STACKED_BAR";
  /** Where the alert begins. */
  readonly threshold?: number;
}

/**
 * The dashboard, as Cloud Monitoring's own JSON (cloud.google.com/monitoring/api/ref_v3/rest/v1/projects.dashboards):
 * from top to bottom what comes in and out, what waits, how Kafka is kept, the machines, what costs money.
 */
export function dashboardOf(environment: Environment): object {
  const rows = [flow(environment), delays(environment), kafka(environment), machines(environment), costs(environment)];
  const tiles = rows.flatMap((charts, row) =>
    charts.map((chart, column) => ({
      // A 0 is not kept by the service: declared, it would be a change at every deploy.
      ...(column === 0 ? {} : { xPos: column * WIDTH }),
      ...(row === 0 ? {} : { yPos: row * HEIGHT }),
      width: WIDTH,
      height: HEIGHT,
      widget: "text" in chart ? chart : widgetOf(chart),
    })),
  );
  return { displayName: `Rhythmic ${environment.name}`, mosaicLayout: { columns: COLUMNS, tiles } };
}

function flow(environment: Environment): Chart[] {
  const queries = new Queries(environment);
  return [
    {
      title: "Records written to Kafka, a second",
      queries: { generator: `sum(${queries.perSecond("generator", "delivered", "records", WINDOW)})` },
      unit: "{record}/s",
    },
    {
      title: "Records committed to the lake, a second",
      queries: { "": `sum by (topic) (${queries.perSecond("processor", "committed", "rows", WINDOW)})` },
      unit: "{record}/s",
      kind: "STACKED_AREA",
    },
    {
      title: "Commits in 5 minutes",
      queries: { "": `sum by (topic) (${queries.lines("processor", "committed", "rows", WINDOW)})` },
      unit: "{commit}",
    },
    {
      title: "Loaded into the warehouse in an hour",
      queries: {
        hours: `sum(${queries.total("loader", "loaded", "hours", "1h")})`,
        rows: `sum(${queries.total("loader", "loaded", "rows", "1h")})`,
      },
      unit: "1",
    },
  ];
}

function delays(environment: Environment): Chart[] {
  const queries = new Queries(environment);
  const { lagRecordsMax, loadAgeMaxMinutes } = environment.alerts;
  return [
    {
      title: "Lag: records that wait in Kafka",
      queries: { "": `sum by (topic) (${queries.level("processor", "waiting", "records", WINDOW)})` },
      unit: "{record}",
      kind: "STACKED_AREA",
      threshold: lagRecordsMax,
    },
    {
      title: "Load age: how old the lake is that the warehouse shows",
      queries: { loader: `max(${queries.level("loader", "upToDate", "loadAgeSeconds", WINDOW)})` },
      unit: "s",
      threshold: loadAgeMaxMinutes * 60,
    },
    {
      title: "Dead letters in an hour",
      queries: { "": `sum by (topic) (${queries.total("processor", "committed", "deadLetters", "1h")})` },
      unit: "{record}",
    },
    {
      title: "Errors in 15 minutes",
      queries: { "": `sum by (program) (${queries.errors("15m")})` },
      unit: "{line}",
    },
  ];
}

function kafka(environment: Environment): Chart[] {
  const queries = new Queries(environment);
  const changed = (what: "topics" | "permissions" | "users") => `sum(${queries.total("keeper", "looked", what, "1h")})`;
  return [
    {
      title: "Uncommitted: records behind the group's offsets",
      queries: { "": `sum by (topic) (${queries.level("keeper", "lag", "records", "25m")})` },
      unit: "{record}",
      kind: "STACKED_AREA",
    },
    {
      title: "Looks of the keeper in an hour",
      queries: { keeper: `sum(${queries.lines("keeper", "looked", "topics", "1h")})` },
      unit: "{look}",
    },
    {
      title: "What the keeper changed in an hour",
      queries: { topics: changed("topics"), permissions: changed("permissions"), users: changed("users") },
      unit: "1",
    },
    { title: "Certificates: days left", queries: { "": certificateDays(queries) }, unit: "d" },
  ];
}

function machines(environment: Environment): Chart[] {
  const up = [...machineCounts(environment).keys()].map((program) => [program, machinesUp(environment, program)]);
  return [
    { title: "Machines that are up", queries: Object.fromEntries(up), unit: "{machine}" },
    { title: "Processors in use", queries: { "": processorsUsed(environment) }, unit: "%" },
    { title: "Memory in use", queries: { "": memoryUsed(environment) }, unit: "%" },
    {
      title: "Disks in use",
      queries: { "": disksUsed(environment) },
      unit: "%",
      threshold: environment.alerts.diskUsedMaxPercent,
    },
  ];
}

function costs(environment: Environment): (Chart | ReturnType<typeof budgetText>)[] {
  return [
    budgetText(environment),
    { title: "Cost: bytes billed for queries in an hour", queries: { project: queriedBytes("1h") }, unit: "By" },
    {
      title: "Cost: bytes kept",
      queries: { lake: lakeBytes(environment), warehouse: warehouseBytes(environment) },
      unit: "By",
      kind: "STACKED_AREA",
    },
    { title: "Cost: bytes of logs in an hour", queries: { project: loggedBytes("1h") }, unit: "By" },
  ];
}

/** What the bill says is no metric: a text that leads there. */
function budgetText(environment: Environment) {
  const { project, budgetUsdPerMonth } = environment;
  return {
    title: "Cost",
    text: {
      format: "MARKDOWN",
      content: [
        `The budget of ${deploymentOf(environment)} is ${budgetUsdPerMonth} a month; it warns at 50, 80 and 100 %, and`,
        "when the month is going to end above it.",
        "",
        `[What it has cost](https://console.cloud.google.com/billing/linkedaccount?project=${project}) stands in`,
        "Billing, under Reports; machines and disks are most of it, by their labels `environment` and `stack`.",
        "Beside this text is what grows with the data.",
      ].join("\n"),
    },
  };
}

function widgetOf({ title, queries, unit, kind = "LINE", threshold }: Chart): object {
  return {
    title,
    xyChart: {
      dataSets: Object.entries(queries).map(([legend, prometheusQuery]) => ({
        plotType: kind,
        targetAxis: "Y1",
        ...(legend === "" ? {} : { legendTemplate: legend }),
        timeSeriesQuery: { prometheusQuery, unitOverride: unit },
      })),
      ...(threshold === undefined ? {} : { thresholds: [{ value: threshold, targetAxis: "Y1" }] }),
      yAxis: { scale: "LINEAR" },
    },
  };
}
