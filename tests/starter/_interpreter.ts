/** An independent reading of the starter world's step language: assignments of whole-number arithmetic, and one print. */

/** Result of a program. */
export interface ProgramResult {
  readonly names: ReadonlyMap<string, number>;
  readonly printed: string;
}

/** Runs the code of a response, text as the policy writes it. */
export function runResponse(response: string): ProgramResult {
  const code = response.slice(0, response.indexOf("<end_of_code>"));
  return runProgram(code.replace("<code>", "").replaceAll("<end_of_step>", ""));
}

/** Runs a program. */
export function runProgram(code: string): ProgramResult {
  const names = new Map<string, number>();
  let printed = "";
  for (const line of code.split("\n")) {
    const assignment = /^([a-z]) = (.+)$/.exec(line);
    const print = /^print\(([a-z])\)$/.exec(line);
    if (assignment !== null) {
      names.set(assignment[1] ?? "", evaluate(assignment[2] ?? "", names));
    } else if (print !== null) {
      printed = String(lookUp(print[1] ?? "", names));
    } else if (line !== "" && !line.startsWith("#")) {
      throw new SyntaxError(`Not a line of the step language: "${line}"`);
    }
  }
  return { names, printed };
}

function lookUp(name: string, names: ReadonlyMap<string, number>): number {
  const value = names.get(name);
  if (value === undefined) throw new ReferenceError(`name "${name}" is not defined`);
  return value;
}

/** Recursive descent over sums of products, as Python reads them. */
export function evaluate(text: string, names: ReadonlyMap<string, number>): number {
  const tokens = text.match(/\d+|[a-z]|\/\/|[-+*()]/g) ?? [];
  let position = 0;
  const next = () => tokens[position++] ?? "";
  const peek = () => tokens[position];
  function atom(): number {
    const token = next();
    if (token === "(") {
      const value = sum();
      if (next() !== ")") throw new SyntaxError(`Missing parenthesis in "${text}"`);
      return value;
    }
    return /^\d+$/.test(token) ? Number(token) : lookUp(token, names);
  }
  function product(): number {
    let value = atom();
    while (peek() === "*" || peek() === "//") {
      value = next() === "*" ? value * atom() : Math.floor(value / atom());
    }
    return value;
  }
  function sum(): number {
    let value = product();
    while (peek() === "+" || peek() === "-") value += next() === "+" ? product() : -product();
    return value;
  }
  const value = sum();
  if (position !== tokens.length) throw new SyntaxError(`Cannot read "${text}"`);
  return value;
}
