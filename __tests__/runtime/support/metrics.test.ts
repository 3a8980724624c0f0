import { generatorReports } from "../../../runtime/generator/metrics";
import { loaderReports } from "../../../runtime/loader/metrics";
import { processorReports } from "../../../runtime/processor/metrics";
import { LOG_FIELDS, type ReportDeclaration } from "../../../runtime/support/metrics";
import { report } from "../../../runtime/support/reporting";
import { collectLines } from "../../support/lines";

const PROGRAMS: Readonly<Record<string, Readonly<Record<string, ReportDeclaration>>>> = {
  generator: generatorReports,
  processor: processorReports,
  loader: loaderReports,
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
  report(log, loaderReports.upToDate, { loadAgeSeconds: 1.5 });
  expect(log.lines).toEqual([
    { severity: "INFO", message: loaderReports.upToDate.message, context: { loadAgeSeconds: 1.5 } },
  ]);
  // The compiler refuses these; without the refusal it would complain about the comment.
  // @ts-expect-error a renamed field
  report(log, loaderReports.upToDate, { ageSeconds: 1.5 });
  // @ts-expect-error a missing field
  report(log, processorReports.waiting, { topic: "listen_events" });
  // @ts-expect-error a text where a number is counted
  report(log, generatorReports.delivered, { records: "12" });
});
