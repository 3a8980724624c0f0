import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Environment } from "../environment-record";
import { refusal, SynthesisError } from "../synthesis/synthesis-error";

const RUNBOOKS = path.join(__dirname, "../../docs/runbooks");
/** cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies#documentation: of its `content`. */
const CHARACTERS_MAX = 8_192;
const BYTES_MAX = 10_240;

/**
 * The runbook page of an alert, as the notification carries it: whoever is woken has the commands at hand, with the
 * environment's own names in the places that the page leaves open (`<project>`, `<environment>`, `<zone>`,
 * `<region>`).
 * @throws SynthesisError where there is no page, or one that Cloud Monitoring would not take
 */
export function runbookOf(environment: Environment, alert: string): string {
  const file = path.join(RUNBOOKS, `${alert}.md`);
  if (!existsSync(file)) {
    throw new SynthesisError(`The alert ${alert} has no runbook: write docs/runbooks/${alert}.md.`);
  }
  const { project, name, zone, region } = environment;
  const page = readFileSync(file, "utf8")
    .replaceAll("<project>", project)
    .replaceAll("<environment>", name)
    .replaceAll("<zone>", zone)
    .replaceAll("<region>", region);
  const text = `${page.trimEnd()}\n\nThis page: docs/runbooks/${alert}.md`;
  if (text.length > CHARACTERS_MAX || Buffer.byteLength(text) > BYTES_MAX) {
    throw refusal(`The length of docs/runbooks/${alert}.md`, text.length, `${CHARACTERS_MAX} characters at most`);
  }
  // Cloud Monitoring puts values in their place, and so does Terraform.
  if (text.includes("${")) throw refusal(`docs/runbooks/${alert}.md`, "${", "a text without it");
  return text;
}
