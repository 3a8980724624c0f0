import type { Attributes, SynthesizedPlatform } from "../../../stacks/synthesis/synthesized";

/** What a machine of the platform is started from: what Terraform would send to Compute Engine, read from a synth. */
export interface MachineTemplate {
  /** `processor`. */
  readonly what: string;
  readonly project: string;
  /** Of the machine's account. */
  readonly email: string;
  /** The metadata, as the metadata server answers it. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** @throws Error where the synth has no such template, or where a value is known to Terraform alone */
export function templateOf(platform: SynthesizedPlatform, what: string): MachineTemplate {
  const found = platform.ofType("google_compute_instance_template").find(({ attributes }) => {
    return new RegExp(`^rhythmic-[a-z]+-${what}-$`).test(String(attributes.name_prefix));
  });
  if (found === undefined) throw new Error(`the synth has no template of ${what}`);
  const { metadata, service_account: account } = found.attributes;
  const entries = Object.entries(metadata as Attributes);
  const email = String((account as Attributes).email);
  return {
    what,
    email,
    project: /@(.+)\.iam\.gserviceaccount\.com$/.exec(email)?.[1] ?? "",
    attributes: Object.fromEntries(entries.map(([name, value]) => [name, literal(name, String(value))])),
  };
}

/** A string as Terraform gives it on, where it needs nothing but the string itself. */
function literal(name: string, text: string): string {
  if (/(?<![$%])(?:\$\$|%%)*[$%]\{/.test(text)) throw new Error(`${name} holds an expression of Terraform: ${text}`);
  return text.replaceAll(/([$%])\1\{/g, "$1{");
}
