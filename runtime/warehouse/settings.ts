import { text } from "../support/settings";

/** Where the warehouse lies: a setting that several programs have. */
export const warehouseUrl = text({
  flag: "warehouse",
  description: "Where the warehouse lies: bigquery://project/dataset-prefix or a .duckdb file.",
  allowed: "bigquery://project/dataset-prefix or a .duckdb file",
});
