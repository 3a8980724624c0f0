/** A day, in the units that Google Cloud and the programs ask for. */
export const SECONDS_PER_DAY = 86_400;
export const MS_PER_DAY = 86_400_000;
