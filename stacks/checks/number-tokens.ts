import { refusal } from "../synthesis/synthesis-error";

/**
 * cdktf stands in for a number that is not known yet with a number such as -8.109562212591379e+298. It finds it again
 * inside a text, but not right after a hyphen, a digit or a dot: `kafka-${group.targetSize}` keeps the stand-in, and
 * no validation of cdktf sees it (NUMBER_TOKEN_REGEX in cdktf 0.21, lib/tokens/private/encoding.js).
 */
const NUMBER_TOKEN = /-\d(?:\.\d+)?e\+(?:2[89]|30)\d/;

/**
 * Refuses texts of a synthesized stack that hold a stand-in for a number.
 * @param path construct path of the stack
 * @param json the stack as cdk.tf.json will hold it
 * @throws SynthesisError with the path of the construct and of the attribute
 */
export function refuseNumberTokens(path: string, json: unknown): void {
  visit(json, path, "");
}

function visit(value: unknown, construct: string, attribute: string): void {
  if (typeof value === "string" && NUMBER_TOKEN.test(value)) {
    throw refusal(
      `${construct}: ${attribute}`,
      value,
      "a text without a number that is known at deployment only; " +
        "let Terraform put it in, by a string attribute or by Fn.format",
    );
  }
  if (typeof value !== "object" || value === null) return;
  const metadata = (value as { "//"?: { metadata?: { path?: string } } })["//"]?.metadata;
  const inner = metadata?.path;
  for (const [key, child] of Object.entries(value)) {
    visit(child, inner ?? construct, inner !== undefined ? key : attribute === "" ? key : `${attribute}.${key}`);
  }
}
