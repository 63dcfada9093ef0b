import { useEffect, useState } from "preact/hooks";
import type { RunRow } from "../api.ts";
import type { Route } from "./route.ts";

/** Properties of the list's filter. */
export interface FilterFormProps {
  readonly runs: readonly RunRow[];
  readonly errors: readonly string[];
  /** Called when somebody is about to choose among `errors`. */
  readonly onAskErrors: () => void;
  readonly filter: Route["filter"];
  readonly change: (name: string, value: string) => void;
}

/** How long after the last key a text is taken, in milliseconds. */
const TYPING_MS = 300;

/** Filter of the list of trees. */
export function FilterForm({ runs, errors, onAskErrors, filter, change }: FilterFormProps) {
  const rounds = [...new Set(runs.flatMap((run) => run.rounds))].sort((a, b) => a - b);
  const bind = (name: string) => ({
    name,
    value: filter[name] ?? "",
    onValue: (value: string) => change(name, value),
  });
  return (
    <form class="filter" role="search" onSubmit={(event) => event.preventDefault()}>
      <Choice label="run" options={runs.map(({ run }) => run)} {...bind("run")} />
      <Choice label="round" options={rounds.map(String)} {...bind("round")} />
      <Choice label="solved" options={["yes", "no"]} {...bind("solved")} />
      <Text label="level" size={4} {...bind("level")} />
      <Text label="best Q from" size={6} {...bind("minQ")} />
      <Text label="rollouts from" size={6} {...bind("minVisits")} />
      <Choice
        label="error kind"
        options={errors}
        onNear={onAskErrors}
        {...bind("error")}
      />
      <Text label="problem contains" size={24} {...bind("text")} />
    </form>
  );
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

function Choice({ name, label, value, options, onValue, onNear }: FieldProps & {
  readonly options: readonly string[];
  /** Called when the pointer or the keyboard reaches it. */
  readonly onNear?: () => void;
}) {
  // A link may name what this database does not hold.
  const all = value === "" || options.includes(value) ? options : [value, ...options];
  return (
    <label>
      {label}
      <select
        name={name}
        value={value}
        onPointerEnter={onNear}
        onFocus={onNear}
        onChange={(event) => onValue(event.currentTarget.value)}
      >
        <option value="">all</option>
        {all.map((one) => <option key={one} value={one}>{one}</option>)}
      </select>
    </label>
  );
}

function Text({ name, label, value, size, onValue }: FieldProps & { readonly size: number }) {
  // The list may be drawn anew between two keys; what is being typed must survive that.
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  useEffect(() => {
    if (draft === value) return;
    const timer = setTimeout(() => onValue(draft), TYPING_MS);
    return () => clearTimeout(timer);
  }, [draft]);
  return (
    <label>
      {label}
      <input
        name={name}
        size={size}
        value={draft}
        autocomplete="off"
        onInput={(event) => setDraft(event.currentTarget.value)}
      />
    </label>
  );
}
