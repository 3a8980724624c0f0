import type { FileReport } from "../../runtime/generator/catalog/file-report";
import type { Manifest } from "../../runtime/generator/catalog/prepared-format";

const COUNT = new Intl.NumberFormat("en-US");

/** A table for people: what each file held, and what was written. */
export function formatReport(
  out: string,
  manifest: Manifest,
  reports: readonly FileReport[],
  notes: readonly string[],
) {
  const head = ["file", "lines", "used", "broken"];
  const rows = reports.map(({ file, ...counts }) => [
    file,
    ...[counts.lines, counts.used, counts.broken].map((value) => COUNT.format(value)),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join("  ");
  const { counts, files } = manifest;
  const bytes = Object.values(files).reduce((sum, file) => sum + (file?.bytes ?? 0), 0);
  const parts = Object.entries(counts).map(
    ([name, count]) => `${COUNT.format(count)} ${WORDS[name as keyof typeof counts]}`,
  );
  return [
    line(head),
    ...rows.map(line),
    "",
    ...[...reports.flatMap(remarks), ...notes],
    `Written to ${out}: ${parts.join(", ")}; ${COUNT.format(bytes)} bytes.`,
    `SHA-256 of the catalogue: ${manifest.hash}`,
    "",
  ].join("\n");
}

const WORDS: Readonly<Record<keyof Manifest["counts"], string>> = {
  songs: "songs",
  similarPairs: "pairs of similar songs",
  firstNames: "first names",
  lastNames: "last names",
  places: "places",
  userAgents: "user agents",
};

function remarks({ file, firstBroken, filled, lengthAssumed, pairs }: FileReport): string[] {
  const lines: string[] = [];
  if (firstBroken !== undefined)
    lines.push(`${file}: the first broken line is ${firstBroken.line}: ${firstBroken.why}.`);
  if (filled) lines.push(`${file}: ${COUNT.format(filled)} songs were filled from the track metadata.`);
  if (lengthAssumed) {
    lines.push(`${file}: ${COUNT.format(lengthAssumed)} songs have no length anywhere; 180 seconds are taken.`);
  }
  if (pairs !== undefined) {
    const { kept, unknown, itself, repeated } = pairs;
    const [k, u, i, r] = [kept, unknown, itself, repeated].map((count) => COUNT.format(count));
    lines.push(
      `${file}: ${k} pairs are used; left out are ${u} with a track that is not among the songs, ${i} of a song with itself, ${r} repeated.`,
    );
  }
  return lines;
}
