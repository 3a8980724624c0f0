/**
 * Generated parts of pages that a person writes:
 *
 *   <!-- generated: costs, by npm run generate-files -->
 *   ...
 *   <!-- end of costs -->
 *
 * Everything between the two lines is replaced; a test compares.
 */

/** The texts of a page's generated parts, by name. */
export type Blocks = Readonly<Record<string, string>>;

const BLOCK = /<!-- generated: (\S+), by npm run generate-files -->\n([\s\S]*?)<!-- end of \1 -->/g;

/**
 * The page with its generated parts as they must be.
 * @throws Error where the page lacks a part, or has one that nothing generates
 */
export function fillBlocks(page: string, text: string, blocks: Blocks): string {
  const found = [...text.matchAll(BLOCK)].map(([, name]) => name ?? "");
  const missing = Object.keys(blocks).filter((name) => !found.includes(name));
  const unknown = found.filter((name) => !(name in blocks));
  if (missing.length > 0) throw new Error(`${page} has no part ${missing.join(", ")}; add its two marker lines.`);
  if (unknown.length > 0) throw new Error(`${page} has a part ${unknown.join(", ")}, which nothing generates.`);
  return text.replaceAll(
    BLOCK,
    (_, name: string) =>
      `<!-- generated: ${name}, by npm run generate-files -->\n${blocks[name]?.trim()}\n<!-- end of ${name} -->`,
  );
}

/** A Markdown table. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), `|${header.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

/** Both environments' values of something: one where they agree, else one each. */
export function inBoth(dev: string, prod: string): string {
  return dev === prod ? dev : `${dev} in dev, ${prod} in prod`;
}
