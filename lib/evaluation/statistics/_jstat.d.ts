/** The two functions of `jstat` that are used here; the package ships no types. */
declare const jstat: {
  readonly normal: { inv(p: number, mean: number, deviation: number): number };
  readonly studentt: { inv(p: number, degreesOfFreedom: number): number };
};
export default jstat;
