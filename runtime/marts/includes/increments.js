/**
 * Conditions on the hours that an increment must redo. `control.touched_hours` holds the hours that the loader has
 * just replaced in staging; it is the same whoever runs the graph, so a repeated run does the same again.
 */
const touched = (touchedHours, topic) =>
  `event_hour IN (SELECT event_hour FROM ${touchedHours} WHERE topic = '${topic}')`;

/** Dates that hold at least one of the hours in a table. */
const onDatesOf = (expression, hours) => `${expression} IN (SELECT DATE(event_hour) FROM ${hours})`;

module.exports = { touched, onDatesOf };
