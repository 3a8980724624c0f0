import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { EVENTS } from "../runtime/schema/events";
import { eventsPage } from "../runtime/schema/markdown";

/** `npm run generate-files`: writes every committed file that is derived from another. Tests compare them. */
writeFileSync(join(__dirname, "..", "docs", "events.md"), eventsPage(EVENTS));
process.stdout.write("Wrote docs/events.md.\n");
