/** Names of units, each with one canonical name: a different unit is a different answer, a missing one is not. */
const UNITS: Readonly<Record<string, string>> = expand({
  mm: "mm|millimeter|millimetre",
  cm: "cm|centimeter|centimetre",
  dm: "dm|decimeter|decimetre",
  m: "m|meter|metre",
  km: "km|kilometer|kilometre",
  inch: "in|inch|inche",
  foot: "ft|foot|feet",
  yard: "yd|yard",
  mile: "mi|mile",
  mg: "mg|milligram",
  g: "g|gram|gm",
  kg: "kg|kilogram",
  ounce: "oz|ounce",
  pound: "lb|lbs|pound",
  ml: "ml|mL|milliliter|millilitre",
  l: "l|L|liter|litre",
  gallon: "gal|gallon",
  second: "s|sec|second",
  minute: "min|minute",
  hour: "h|hr|hrs|hour",
  day: "day",
  week: "week",
  month: "month",
  year: "yr|year",
  degree: "\\circ|degree|deg",
  celsius: "degrees Celsius|degree Celsius|degrees C",
  fahrenheit: "degrees Fahrenheit|degree Fahrenheit|degrees F",
  radian: "rad|radian",
  dollar: "dollar|usd|USD",
  cent: "cent",
  euro: "euro|EUR",
  am: "AM",
  pm: "PM",
  "mile/hour": "mph",
  "km/hour": "kmh|kph",
  "people": "people|person",
  unit: "unit",
});

function expand(table: Readonly<Record<string, string>>): Record<string, string> {
  const names: Record<string, string> = Object.create(null);
  for (const [unit, aliases] of Object.entries(table)) {
    for (const alias of aliases.split("|")) {
      names[alias] = unit;
      if (alias.length > 2) names[`${alias}s`] = unit;
    }
  }
  return names;
}

/** Text and the unit that stood behind it. */
export interface WithUnit {
  readonly text: string;
  /** Canonical name, e.g. `cm^2`; `null` when there was none, or none that is known. */
  readonly unit: string | null;
}

const CLOCK = /^(.*\d:\d\d|\d{1,2})\s*(?:\\text\{\s*)?([ap])\.?\s?m\.?\s*\}?$/is;
const TEXT_BEHIND_LETTER = /^(.*[a-z])\s*(\\text\{[^{}]*\}(?:\s*\^\s*\{?\d\}?)?)$/is;
const TRIGONOMETRIC = /\\(?:sin|cos|tan|cot|sec|csc)(?![a-z])/;
const WORDS_BEHIND_NUMBER =
  /^(.*?[\d})!])\s*((?:\\text\{[^{}]*\}|[A-Za-z]+(?:[ /.-]+[A-Za-z]+){0,3})(?:\s*\^\s*\{?-?\d\}?)?)\s*$/s;
/** `58 (marbles)`; not `5 (mod 7)`, nor `101 (base two)`. */
const REMARK =
  /^(.*[\d})])\s*(?:\\text\{\s*)?\((?!\s*(?:mod|base|binary|octal|hex|decimal|in base))\s*(?:\\text\{)?\s*[A-Za-z]{3}[A-Za-z .'-]*\}?\s*\)\}?$/s;
const DEGREE =
  /^(.*?)\s*(?:\^\s*\\circ|\^\s*\{\s*\\circ\s*\}|\\degree)\s*(?:\\text\{\s*([CF])\s*\}|([CF]))?$/s;

/** Cuts a unit, or words that count something, off the end: `10\text{ cm}^2`, `64 square feet`, `10 weeks`, `30^\circ`. */
export function splitUnit(input: string): WithUnit {
  const text = input.replace(/(?<=\d)(\s*(?:[kcd]m|mm)|\s+m)([23])$/, "$1^$2");
  if (TRIGONOMETRIC.test(text)) return { text: inRadians(text), unit: null };
  const clock = CLOCK.exec(text);
  if (clock !== null) {
    return { text: clock[1] ?? "", unit: clock[2]?.toLowerCase() === "a" ? "am" : "pm" };
  }
  const degree = DEGREE.exec(text);
  if (degree !== null && /[\d})a-z]$/i.test(degree[1] ?? "")) {
    const scale = degree[2] ?? degree[3];
    const unit = scale === undefined ? "degree" : scale === "C" ? "celsius" : "fahrenheit";
    return { text: degree[1] ?? "", unit };
  }
  const behindLetter = TEXT_BEHIND_LETTER.exec(text);
  const known = behindLetter === null ? null : canonicalUnit(behindLetter[2] ?? "");
  if (known !== null) return { text: behindLetter?.[1] ?? "", unit: known };
  const bracketed = /^(.*\d)\s*\(\s*([^\d()]{1,20}(?:\^\{?\d\}?)?)\s*\)$/s.exec(text);
  const inBrackets = bracketed === null ? null : canonicalUnit(bracketed[2] ?? "");
  if (inBrackets !== null && (bracketed?.[2]?.length ?? 0) > 1) {
    return { text: bracketed?.[1] ?? "", unit: inBrackets };
  }
  const remark = REMARK.exec(text);
  if (remark !== null) return splitUnit(remark[1] ?? "");
  const quotient =
    /^(.*\d)\s*\\frac\s*\{([^{}]*|\\text\{[^{}]*\})\}\s*\{([^{}]*|\\text\{[^{}]*\})\}$/s.exec(text);
  const perUnit = quotient === null
    ? null
    : quotientOf(canonicalUnit(quotient[2] ?? ""), canonicalUnit(quotient[3] ?? ""));
  if (perUnit !== null) return { text: quotient?.[1] ?? "", unit: perUnit };
  const match = WORDS_BEHIND_NUMBER.exec(text);
  if (match === null) return { text, unit: null };
  const [, value = "", words = ""] = match;
  const inText = words.includes("\\text{");
  const name = words.replace(/\\text\{([^{}]*)\}/, "$1").trim();
  if (name === "") return { text: value, unit: null };
  const unit = canonicalUnit(name);
  // Bare letters behind a value are a unit only when they are words: `2x`, `3ab` and `2i` are products.
  if (unit === null && !inText && !isWordy(name)) return { text, unit: null };
  if (unit !== null && !inText && name.length < 2 && !/\d\s+[A-Za-z]$/.test(text)) {
    return { text, unit: null };
  }
  return { text: value, unit };
}

/** Stage two takes the 30 of `\sin 30^\circ` for radians. */
function inRadians(text: string): string {
  return text.replace(/(\d+(?:\.\d+)?)\s*\^\s*\\circ/g, "(\\frac{$1\\pi}{180})");
}

function isWordy(name: string): boolean {
  return /^[A-Za-z]{4,}(?:[ /.-]+[A-Za-z]+)*$/.test(name) || /^[a-z]+ [a-z]{3,}/.test(name);
}

/** Units that say more than another one: 25 degrees may be degrees Celsius. */
const KINDS_OF_DEGREE: readonly string[] = ["celsius", "fahrenheit"];

/** How many of the smaller unit make the larger one: 1 for equal units and for one that is left out, `null` where units contradict. */
export function unitFactor(a: string | null, b: string | null): bigint | null {
  if (a === null || b === null || a === b) return 1n;
  if ([a, b].sort().join() === "cent,dollar") return 100n;
  const isDegree = (a === "degree" && KINDS_OF_DEGREE.includes(b)) ||
    (b === "degree" && KINDS_OF_DEGREE.includes(a));
  return isDegree ? 1n : null;
}

/** Canonical name of a unit with its power; `null` when it is not known. */
export function canonicalUnit(name: string): string | null {
  const text = name.replace(/\\text\{([^{}]*)\}/g, "$1").replace(/[{}\s]+/g, " ").trim();
  const speed = /^(k?m) ?(s|h) ?\^ ?-1 ?$/.exec(text);
  if (speed !== null) return quotientOf(lookUp(speed[1] ?? ""), lookUp(speed[2] ?? ""));
  const quotient = /^(.+?)\s*(?:\/|\bper\b)\s*(.+)$/.exec(text);
  if (quotient !== null) {
    return quotientOf(canonicalUnit(quotient[1] ?? ""), canonicalUnit(quotient[2] ?? ""));
  }
  const power = /^(.*?)\s*\^\s*(\d)$/.exec(text);
  const word = /^(square|sq|cubic|cu)\.?\s+(.+)$/i.exec(text);
  if (power !== null) return withPower(power[1] ?? "", power[2] ?? "1");
  if (word !== null) return withPower(word[2] ?? "", /^s/i.test(word[1] ?? "") ? "2" : "3");
  return lookUp(text.replace(/^\^?\s*/, ""));
}

function quotientOf(unit: string | null, by: string | null): string | null {
  return unit === null || by === null ? null : `${unit}/${by}`;
}

function withPower(name: string, power: string): string | null {
  const unit = lookUp(name.trim());
  if (unit === null) return null;
  return power === "1" || unit === "unit" ? unit : `${unit}^${power}`;
}

function lookUp(name: string): string | null {
  return UNITS[name] ?? UNITS[name.toLowerCase()] ?? null;
}
