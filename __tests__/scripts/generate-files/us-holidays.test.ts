import { readFileSync } from "node:fs";
import path from "node:path";
import { usHolidays } from "../../../scripts/generate-files/us-holidays";

const FILE = path.join(__dirname, "../../../runtime/generator/walk/us-holidays.json");

test("the table of holidays is what date-holidays says (npm run generate-files writes it)", () => {
  expect(readFileSync(FILE, "utf8")).toBe(usHolidays());
});
