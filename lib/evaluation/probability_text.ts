/** A p-value as every table shows it: `.042`, `< .001`. */
export function probabilityText(p: number): string {
  return p < 0.001 ? "< .001" : p.toFixed(3).replace(/^0/, "");
}
