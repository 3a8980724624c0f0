/** What is used of jstat 1.9.6, which has no types of its own. */
declare module "jstat" {
  export const jStat: {
    readonly centralF: { cdf(x: number, numeratorFreedom: number, denominatorFreedom: number): number };
    readonly normal: { cdf(x: number, mean: number, deviation: number): number };
  };
}
