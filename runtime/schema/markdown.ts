import { columnsOf, DEAD_LETTER_COLUMNS, ROW_COLUMNS } from "./columns";
import type { EventDefinition, FieldDefinition } from "./field";

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function rangeOf(field: FieldDefinition): string {
  if (field.minimum === undefined || field.maximum === undefined || field.type === "timestamp_ms") return "";
  return ` (${field.minimum} to ${field.maximum})`;
}

/** docs/events.md: every event with its fields, wire names and columns. */
export function eventsPage(events: readonly EventDefinition[]): string {
  const lines = [
    "# The events",
    "",
    "Generated from `runtime/schema/events.ts` by `npm run generate-files`; edit that file, not this page.",
    "",
    "Every event is one JSON object, a Kafka record in the topic of its name, a row of the lake's table",
    "`events/<topic>/` and of the warehouse's table `staging.<topic>`.",
  ];
  for (const event of events) {
    lines.push("", `## ${event.topic}`, "", event.description, "");
    lines.push("| field on the wire | column | type | may be absent | meaning |", "|---|---|---|---|---|");
    for (const field of event.fields) {
      const type = `${field.type}${rangeOf(field)}`;
      const absent = (field as FieldDefinition).optional === true ? "yes" : "no";
      lines.push(`| \`${field.wire}\` | \`${field.column}\` | ${type} | ${absent} | ${cell(field.description)} |`);
    }
    lines.push("", `In all ${columnsOf(event).length} columns with those that every table has.`);
  }
  lines.push("", "## Columns of every table", "", "| column | type | meaning |", "|---|---|---|");
  for (const column of ROW_COLUMNS) lines.push(`| \`${column.name}\` | ${column.type} | ${cell(column.description)} |`);
  lines.push("", "In the lake the partition columns `date` and `hour` (UTC, of `event_time`) come on top.");
  lines.push("", "## Dead letters", "", "| column | type | meaning |", "|---|---|---|");
  for (const column of DEAD_LETTER_COLUMNS) {
    lines.push(`| \`${column.name}\` | ${column.type} | ${cell(column.description)} |`);
  }
  return `${lines.join("\n")}\n`;
}
