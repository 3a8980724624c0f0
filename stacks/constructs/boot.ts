import { readFileSync } from "node:fs";
import path from "node:path";

/**
 * What a machine is told at its start: a template of `templates/`, filled in. `{{name}}` is a value, `{{file:name}}`
 * another template; both are put in at their indentation. Terraform's own marks are escaped, since the result goes
 * into Terraform's JSON.
 */

const TEMPLATES = path.join(__dirname, "templates");
const PLACEHOLDER = /^([ \t]*)(.*?)\{\{(file:)?([\w.-]+)\}\}/m;

/**
 * @param template name of a file in `templates/`
 * @throws Error for a value that is missing or that no template asks for
 */
export function renderBoot(template: string, values: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const text = render(template, values, used);
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`${template} has no place for ${unused.join(", ")}`);
  return `${text}\n`;
}

function render(template: string, values: Readonly<Record<string, string>>, used: Set<string>): string {
  let text = readFileSync(path.join(TEMPLATES, template), "utf8").trimEnd();
  for (let match = PLACEHOLDER.exec(text); match !== null; match = PLACEHOLDER.exec(text)) {
    const [whole, indentation = "", before = "", isFile, name = ""] = match;
    const value = isFile === undefined ? values[name] : render(name, values, used);
    if (value === undefined) throw new Error(`${template} asks for {{${name}}}, which nobody gives`);
    used.add(name);
    const filled = value.replaceAll("\n", `\n${indentation}`).replaceAll(/[ \t]+$/gm, "");
    text = text.slice(0, match.index) + indentation + before + filled + text.slice(match.index + whole.length);
  }
  return text;
}

/** A text as Terraform's JSON must hold it, so that `${` and `%{` stay what they are. */
export function escapeForTerraform(text: string): string {
  return text.replaceAll(/([$%])\{/g, "$1$1{");
}
