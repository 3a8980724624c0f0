import { tmpdir } from "node:os";
import path from "node:path";
import { generatorReports } from "../../../runtime/generator/metrics";
import { keeperReports } from "../../../runtime/keeper/metrics";
import { loaderReports } from "../../../runtime/loader/metrics";
import { processorReports } from "../../../runtime/processor/metrics";
import {
  DEPLOYMENT_VARIABLE,
  ERROR_SEVERITY,
  LOG_FIELDS,
  type ReportDeclaration,
} from "../../../runtime/support/metrics";
import { createReporter } from "../../../runtime/support/reporting";
import { collectLines } from "../../support/lines";
import { runBundle } from "../../support/program";

const PROGRAMS: Readonly<Record<string, Readonly<Record<string, ReportDeclaration>>>> = {
  generator: generatorReports,
  processor: processorReports,
  loader: loaderReports,
  keeper: keeperReports,
};

test.each(Object.entries(PROGRAMS))("%s: a report is known by its message, and explains its fields", (_, reports) => {
  const messages = Object.values(reports).map(({ message }) => message);
  expect(new Set(messages).size).toBe(messages.length);
  for (const { description, fields } of Object.values(reports)) {
    expect(description).toMatch(/^[A-Z].*\.$/);
    for (const [name, field] of Object.entries(fields)) {
      // Every line has these already, and the time.
      expect([...Object.values(LOG_FIELDS), "time", "level"]).not.toContain(name);
      expect(field.description).toMatch(/^[A-Z].*\.$/);
      expect(["amount", "level"].includes(field.kind)).toBe(field.unit !== "");
    }
  }
});

test("a report takes its declared fields, of their kinds, and no others", () => {
  const log = collectLines();
  const report = createReporter(log, loaderReports);
  report("upToDate", { loadAgeSeconds: 1.5 });
  expect(log.lines).toEqual([
    { severity: "INFO", message: loaderReports.upToDate.message, context: { loadAgeSeconds: 1.5 } },
  ]);
  // The compiler refuses these; without the refusal it would complain about the comment.
  // @ts-expect-error a renamed field
  report("upToDate", { ageSeconds: 1.5 });
  // @ts-expect-error a missing field
  createReporter(log, processorReports)("waiting", { topic: "listen_events" });
  // @ts-expect-error a text where a number is counted
  createReporter(log, generatorReports)("delivered", { records: "12" });
  // @ts-expect-error a report of another program
  expect(() => report("delivered", { records: 12 })).toThrow();
});

test.each([
  ["as its machine says it", { [DEPLOYMENT_VARIABLE]: "rhythmic-dev" }, "rhythmic-dev"],
  ["not at all on a laptop", {}, undefined],
])("a program's lines carry what the metrics count by; its deployment %s", async (_, variables, deployment) => {
  const nowhere = path.join(tmpdir(), "rhythmic-no-such-lake");
  const run = runBundle("loader", {
    LAKE_URL: nowhere,
    WAREHOUSE_URL: `${nowhere}.duckdb`,
    LOADER_ONCE: "true",
    ...variables,
  });
  expect(await run.ended).toMatchObject({ code: 1 });
  const line = JSON.parse(run.stderr().trim().split("\n").at(-1) ?? "") as Readonly<Record<string, unknown>>;
  expect(line[LOG_FIELDS.program]).toBe("loader");
  expect(line[LOG_FIELDS.deployment]).toBe(deployment);
  expect(line[LOG_FIELDS.severity]).toBe(ERROR_SEVERITY);
  expect(line[LOG_FIELDS.message]).toMatch(/rhythmic-no-such-lake/);
});
