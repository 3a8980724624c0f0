// Tables that the loader fills.
const EVENTS = [
  ["listen_events", "A song begins to play."],
  ["page_view_events", "A page is shown."],
  ["auth_events", "An attempt to log in."],
  ["status_change_events", "The listener's level or membership changes."],
];
for (const [name, description] of EVENTS) declare({ schema: "staging", name, description });

declare({
  schema: "control",
  name: "touched_hours",
  description: "The hours of staging that the loader has just replaced, one row a topic and hour.",
  columns: { topic: "Topic whose hour it is.", event_hour: "Beginning of the hour, UTC." },
});
