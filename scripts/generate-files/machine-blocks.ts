import { METADATA, parseEnvironmentBlock } from "../../stacks/constructs/machine-metadata";
import type { Attributes } from "../../stacks/synthesis/synthesized";
import { type Blocks, markdownTable } from "./blocks";
import { type Declared, type Environments, withoutNames } from "./platforms";

/** What docs/machines.md shows: what dev's machines are told, word for word. */
export function machineBlocks({ dev, prod }: Environments): Blocks {
  return {
    "processor-settings": settingsTable(dev, prod, "processor"),
    "keeper-settings": settingsTable(dev, prod, "kafka"),
    "processor-boot": cloudConfig(dev, "processor"),
    "kafka-boot": cloudConfig(dev, "kafka"),
  };
}

function metadataOf({ platform }: Declared, machine: string): Readonly<Record<string, string>> {
  const template = platform
    .ofType("google_compute_instance_template")
    .find(({ path }) => path === `${machine}/template`);
  if (template === undefined) throw new Error(`The platform declares no machine ${machine}.`);
  return (template.attributes as Attributes).metadata as Readonly<Record<string, string>>;
}

function settingsTable(dev: Declared, prod: Declared, machine: string): string {
  const [ofDev, ofProd] = [dev, prod].map((declared) => {
    const block = metadataOf(declared, machine)[METADATA.environment] ?? "";
    return parseEnvironmentBlock(withoutNames(block, declared.environment));
  });
  const names = [...new Set([...Object.keys(ofDev ?? {}), ...Object.keys(ofProd ?? {})])].sort();
  return markdownTable(
    ["setting", "dev", "prod"],
    names.map((name) => [`\`${name}\``, `\`${ofDev?.[name] ?? "-"}\``, `\`${ofProd?.[name] ?? "-"}\``]),
  );
}

function cloudConfig(declared: Declared, machine: string): string {
  // As Terraform reads it: it writes its own marks twice.
  const text = String(metadataOf(declared, machine)["user-data"]).replaceAll(/([$%])\1\{/g, "$1{");
  return ["```yaml", withoutNames(text, declared.environment).trimEnd(), "```"].join("\n");
}
