import type { Attributes, SynthesizedPlatform, SynthesizedResource } from "../../stacks/synthesis/synthesized";
import { blocksOf } from "../cost/attributes";
import { type Blocks, markdownTable } from "./blocks";
import { type Environments, withoutNames } from "./platforms";

/** The stacks in their order, what they tell, and what prod refuses to lose. */
export function deployBlocks(environments: Environments): Blocks {
  return {
    stacks: stacksTable(environments),
    outputs: outputsTable(environments),
    protected: protectedTable(environments),
  };
}

function stacksTable({ dev, prod }: Environments): string {
  const counts = (platform: SynthesizedPlatform, name: string) =>
    String(platform.stacks.find((stack) => stack.name === name)?.resources.length ?? 0);
  return markdownTable(
    ["stack", "after", "resources in dev", "resources in prod", "programs"],
    prod.platform.stacks.map(({ name, dependencies, programs }) => [
      `\`${name}\``,
      dependencies.join(", ") || "-",
      counts(dev.platform, name),
      counts(prod.platform, name),
      programs.map(({ program }) => program).join(", ") || "-",
    ]),
  );
}

function outputsTable({ prod }: Environments): string {
  const rows = prod.platform.stacks.flatMap(({ name, outputs }) =>
    Object.entries(outputs).map(([id, output]) => [
      `\`${name}\``,
      `\`${id}\``,
      withoutNames(String(output.description), prod.environment),
    ]),
  );
  return markdownTable(["stack", "output", "what it is good for"], rows);
}

/** What a destroy refuses to remove, and by which attribute. */
function protectionsOf({ attributes }: SynthesizedResource): string[] {
  const [lifecycle] = blocksOf(attributes, "lifecycle") as readonly Attributes[];
  return [
    ...(lifecycle?.prevent_destroy === true ? ["prevent_destroy"] : []),
    ...(attributes.deletion_protection === true ? ["deletion_protection"] : []),
    ...(attributes.force_destroy === false ? ["force_destroy off: refused while objects are in it"] : []),
    ...(attributes.delete_contents_on_destroy === false ? ["delete_contents_on_destroy off"] : []),
    ...(blocksOf(attributes, "retention_policy").length > 0 ? ["retention policy"] : []),
  ];
}

function protectedTable({ prod }: Environments): string {
  const rows = prod.platform.resources
    .map((resource) => ({ resource, protections: protectionsOf(resource) }))
    .filter(({ protections }) => protections.length > 0)
    .map(({ resource: { stack, type, path }, protections }) => [
      `\`${stack}\``,
      `\`${path}\``,
      type.replace(/^google_/, "").replaceAll("_", " "),
      protections.join("; "),
    ]);
  return markdownTable(["stack", "resource", "type", "protected by"], rows);
}
