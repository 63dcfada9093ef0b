import type { z } from "zod";

/** Names of types as people say them. */
const TYPES: Readonly<Record<string, string>> = {
  number: "a number",
  int: "a whole number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** Describes what a schema expected of a value that it refused: `expected a whole number`, `expected at least 1`. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `expected ${issue.values.length === 1 ? "" : "one of "}${issue.values.join(", ")}`;
    case "too_small":
      return `expected ${bound(issue, issue.minimum, issue.inclusive ? "at least" : "more than")}`;
    case "too_big":
      return `expected ${bound(issue, issue.maximum, issue.inclusive ? "at most" : "less than")}`;
    case "invalid_format":
      return issue.format === "url"
        ? "expected an address such as http://host:8000/v1"
        : issue.message;
    case "invalid_union":
      return unionText(issue);
    case "unrecognized_keys":
      return `there is no such key: ${issue.keys.join(", ")}`;
    default:
      return issue.message;
  }
}

function bound(
  { origin, exact }: { readonly origin: string; readonly exact?: boolean | undefined },
  limit: number | bigint,
  comparison: string,
): string {
  const count = exact === true ? `exactly ${limit}` : `${comparison} ${limit}`;
  if (origin === "string") return limit === 1 ? "some text, got none" : `${count} characters`;
  return origin === "array" ? `${count} of them` : count;
}

/** `expected auto or a whole number`, of a union whose parts were each refused. */
function unionText({ errors, message }: z.core.$ZodIssueInvalidUnion): string {
  const parts = errors.flatMap(([first]) => first === undefined ? [] : describeIssue(first));
  const wanted = parts.filter((part) => part.startsWith("expected "))
    .map((part) => part.slice("expected ".length));
  return wanted.length === 0 ? message : `expected ${[...new Set(wanted)].join(" or ")}`;
}

/**
 * Everything that a schema found wrong with a value, with the place of each: `search.rollouts: expected a whole number`.
 *
 * @param name Name of the value itself, first part of every place. @default none
 */
export function describeIssues({ issues }: z.ZodError, name?: string): string {
  return issues.map((issue) => {
    const place = [...(name === undefined ? [] : [name]), ...issue.path.map(String)].join(".");
    return `${place === "" ? "" : `${place}: `}${describeIssue(issue)}`;
  }).join("; ");
}
