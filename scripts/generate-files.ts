import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { EVENTS } from "../runtime/schema/events";
import { eventsPage } from "../runtime/schema/markdown";
import { compileMarts } from "./generate-files/compile-marts";
import { quotingPages } from "./generate-files/pages";
import { declareAll } from "./generate-files/platforms";
import { usHolidays } from "./generate-files/us-holidays";

const ROOT = join(__dirname, "..");

/** `npm run generate-files`: writes every committed file that is derived from another. Tests compare them. */
async function main(): Promise<void> {
  const files: [string, string][] = [
    ["docs/events.md", eventsPage(EVENTS)],
    ["runtime/marts/compiled.json", await compileMarts()],
    ["runtime/generator/walk/us-holidays.json", usHolidays()],
    ...quotingPages(declareAll()),
  ];
  for (const [name, text] of files) {
    writeFileSync(join(ROOT, name), text);
    process.stdout.write(`Wrote ${name}.\n`);
  }
}

void main();
