import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPlaces } from "../../../runtime/generator/places";
import { generatorSettings } from "../../../runtime/generator/settings";
import { parseSettings } from "../../../runtime/support/settings";

const folder = mkdtempSync(join(tmpdir(), "rhythmic-places-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Names stand for files of the folder. */
function check(given: Readonly<Record<string, string>>): void {
  const paths = Object.entries(given).map(([name, file]) => [`GENERATOR_${name}`, join(folder, file)]);
  const { settings, problems } = parseSettings(generatorSettings, Object.fromEntries(paths));
  expect(problems).toEqual([]);
  checkPlaces(settings);
}

test("files of their own are right, there or not", () => {
  check({});
  check({ OUT: "out", STATE: "run.state", SUMMARY: "summary.json", CONFIG: "config.json", INCIDENTS: "plan.json" });
  check({ OUT: ".", STATE: "run.state" });
});

test.each<[Record<string, string>, RegExp]>([
  [{ STATE: "x", SUMMARY: "x" }, /^--summary .*x is the file of --state too, and would be written over it; give --s/],
  [{ STATE: "a.json", SUMMARY: "./none/../a.json" }, /is the file of --state too/],
  [{ OUT: "", SUMMARY: "page_view_events.ndjson" }, /^--summary .* is the file of the events of --out too/],
  [{ OUT: "", STATE: "auth_events.ndjson" }, /^--state .* is the file of the events of --out too/],
  [{ CONFIG: "c.json", SUMMARY: "c.json" }, /is the file of --config too/],
  [{ INCIDENTS: "c.json", STATE: "c.json" }, /is the file of --incidents too/],
])("none takes another's place: %j", (given, message) => {
  expect(() => check(given)).toThrow(message);
});

test.each<[string, RegExp]>([
  ["none/file", /can't be written \(.*none is no folder\); give --/],
  ["", /can't be written \(it is a folder\); give --/],
  ["device", /can't be written \(it is no ordinary file\); give --/],
])("a state and a summary need a place: %j", (file, message) => {
  rmSync(join(folder, "device"), { force: true });
  symlinkSync("/dev/null", join(folder, "device"));
  expect(() => check({ STATE: file })).toThrow(message);
  expect(() => check({ SUMMARY: file })).toThrow(message);
});
