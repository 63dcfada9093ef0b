import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { scriptedServer, type SeenRequest } from "../endpoint/_server.ts";
import { additionProblems, nextSegment } from "./_addition_world.ts";
import { runRstar } from "./_rstar.ts";

/** The manners of one kind of server, by what it makes of a segment that ends in its stop string. */
interface Manners {
  readonly api: "completions" | "chat";
  /** Refuses a request, as it does. */
  readonly refuses?: (body: SeenRequest["body"]) => string | null;
  readonly choice: (text: string, stop: string) => Record<string, unknown>;
  /** Whether a continued message comes back in front of the reply. */
  readonly echoes?: boolean;
  /** Whether a message is continued only where it is marked. */
  readonly wantsPrefix?: boolean;
  readonly takesN?: boolean;
  readonly usage?: unknown;
}

const EXTRAS = [
  ...["include_stop_str_in_output", "skip_special_tokens", "continue_final_message"],
  ...["add_generation_prompt", "top_k", "min_p", "repetition_penalty"],
];

const unknownField = (body: SeenRequest["body"]) => {
  const field = EXTRAS.find((name) => name in body);
  return field === undefined ? null : `Unrecognized request argument supplied: ${field}`;
};

const SERVERS: Readonly<Record<string, Manners>> = {
  vLLM: {
    api: "completions",
    choice: (text, stop) => ({ text: text + stop, finish_reason: "stop", stop_reason: stop }),
  },
  SGLang: {
    api: "completions",
    choice: (text, stop) => ({ text, finish_reason: "stop", matched_stop: stop }),
  },
  "llama.cpp": {
    api: "chat",
    echoes: true,
    choice: (content) => ({ message: { role: "assistant", content }, finish_reason: "stop" }),
  },
  Ollama: {
    api: "chat",
    takesN: false,
    usage: {},
    choice: (content) => ({ message: { role: "assistant", content }, finish_reason: "stop" }),
  },
  "a hosted API of the old route": {
    api: "completions",
    refuses: (body) =>
      unknownField(body) ??
        ("max_tokens" in body
          ? "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
          : null),
    choice: (text) => ({ text, finish_reason: "stop" }),
  },
  DeepSeek: {
    api: "chat",
    wantsPrefix: true,
    refuses: (body) =>
      Number(body["n"]) > 1 ? "Invalid n value (currently only n = 1)" : unknownField(body),
    choice: (content) => ({
      message: { role: "assistant", content, reasoning_content: "hm" },
      finish_reason: "stop",
    }),
  },
};

interface Message {
  readonly role: string;
  readonly content: string;
  readonly prefix?: boolean;
}

/** The text that the model continues: of a chat the question, and what it said so far. */
function textOf(body: SeenRequest["body"], manners: Manners): { prompt: string; said: string } {
  if (manners.api === "completions") return { prompt: String(body["prompt"]), said: "" };
  const messages = body["messages"] as readonly Message[];
  const last = messages.at(-1);
  const continues = last?.role === "assistant" && (last.prefix === true || !manners.wantsPrefix);
  const asked = messages.findLast(({ role }) => role === "user")?.content ?? "";
  // The bootstrap prompt has worked examples in front of the question.
  const question = [...asked.matchAll(/What is \d+ \+ \d+\?/g)].at(-1)?.[0];
  return { prompt: question ?? asked, said: continues ? last.content : "" };
}

function reply(body: SeenRequest["body"], manners: Manners): Response {
  const refused = manners.refuses?.(body) ?? null;
  if (refused !== null) return Response.json({ error: { message: refused } }, { status: 400 });
  const { prompt, said } = textOf(body, manners);
  const n = manners.takesN === false ? 1 : Number(body["n"] ?? 1);
  const choices = Array.from({ length: n }, () => {
    const whole = nextText(prompt, said, draws++);
    const stops = (body["stop"] as readonly string[] | undefined) ?? [];
    const stop = stops.filter((one) => whole.includes(one))
      .toSorted((a, b) => whole.indexOf(a) - whole.indexOf(b))[0];
    const front = manners.echoes ? said : "";
    const text = stop === undefined ? whole : whole.slice(0, whole.indexOf(stop));
    return stop === undefined
      ? manners.api === "chat"
        ? { message: { role: "assistant", content: front + text }, finish_reason: "stop" }
        : { text, finish_reason: "stop" }
      : manners.choice(front + text, stop);
  });
  const usage = manners.usage ?? { prompt_tokens: 9, completion_tokens: 9 * n };
  return Response.json({ choices, usage });
}

let draws = 0;

/** Writes the model's next text: it counts, and it adds. */
function nextText(prompt: string, said: string, draw: number): string {
  if (prompt.startsWith("Count")) {
    return said === "" ? "1, 2, 3, 4, 5, 6, 7, 8, 9, 10" : " 7, 8, 9, 10";
  }
  return nextSegment(prompt + said, draw);
}

const Summary = z.object({ problems: z.number(), solved: z.number() });

for (const [name, manners] of Object.entries(SERVERS)) {
  Deno.test(`synth solves two problems of two with a server that behaves like ${name}`, async () => {
    await using server = scriptedServer([({ path, body }) => {
      if (path === "/v1/models") return Response.json({ data: [{ id: "adder" }] });
      return path.endsWith("completions")
        ? reply(body, manners)
        : Response.json({ error: { message: "Not Found" } }, { status: 404 });
    }]);
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(join(folder, "sums.jsonl"), additionProblems(2));
      const { code, stdout, stderr } = await runRstar([
        ...["synth", "--problems", join(folder, "sums.jsonl"), "--policy", server.url],
        ...["--policy-api", manners.api, "--db", join(folder, "a.duckdb"), "--json"],
        ...["--preset", manners.api === "chat" ? "paper/r1" : "default", "--workers", "1"],
      ]);
      assert.equal(code, 0, stderr);
      assert.deepEqual(Summary.parse(JSON.parse(stdout)), { problems: 2, solved: 2 });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
