import { text } from "../support/settings";

/** Where the lake lies: a setting that several programs have. */
export const lakeUrl = text({
  flag: "lake",
  description: "Where the lake lies: gs://bucket[/prefix] or a folder.",
  allowed: "gs://bucket[/prefix] or a folder",
});
