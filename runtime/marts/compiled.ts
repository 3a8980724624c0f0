import compiled from "./compiled.json";
import { type MartsGraph, martsGraph } from "./graph";

/** The marts, as compiled by npm run generate-files. */
export const compiledMarts: MartsGraph = martsGraph(compiled);

/** Name of the schema in which the marts stand. */
export const MARTS_SCHEMA = "marts";
