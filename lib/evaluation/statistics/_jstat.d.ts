/** The function of `jstat` that is used here; the package ships no types. */
declare const jstat: {
  readonly normal: { inv(p: number, mean: number, deviation: number): number };
};
export default jstat;
