/**
 * Works something out once for each value, for as long as the value lives: metrics of many k look at the same samples. The value must
 * never change.
 */
export function oncePer<K extends object, V>(workOut: (value: K) => V): (value: K) => V {
  const known = new WeakMap<K, V>();
  return (value) => {
    const before = known.get(value);
    if (before !== undefined) return before;
    const result = workOut(value);
    known.set(value, result);
    return result;
  };
}
