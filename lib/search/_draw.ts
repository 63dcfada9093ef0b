/** Drawing at a node (docs/search.md, "Expansion"): segments one by one, or whole solutions whose later steps wait for their turn. */
import { ConfigError, hashSeed, mostTokens } from "../core/mod.ts";
import type { Question, SegmentParent, SolutionDomain, StepDomain } from "../domain/domain.ts";
import type { Completion, Policy, SampleReply } from "../endpoint/policy.ts";
import { MIN_SEGMENT_TOKENS } from "./_new_child.ts";
import { nodePath, type TreeNode } from "./_node.ts";
import type { SearchSpec } from "./spec.ts";

/** Segments that were drawn at a node. */
export interface Drawn {
  /** Cost of the draw; what waited for its turn was paid for with its first segment. */
  readonly reply: SampleReply;
  /** Requests that were made. */
  readonly requests: number;
}

/** Parts of a search that a draw needs. */
export interface DrawContext {
  readonly question: Question;
  readonly spec: SearchSpec;
  readonly seed: number;
  readonly policy: Policy;
  readonly domain: StepDomain;
  readonly signal: AbortSignal;
}

/** Draws the segments of one tree. */
export interface Drawer {
  /**
   * Draws at a node.
   *
   * @throws {InfrastructureError} If the policy failed.
   */
  draw(node: TreeNode, context: DrawContext): Promise<Drawn>;
  /** Whether segments wait at a node that need no request. */
  isWaitedFor(node: TreeNode): boolean;
}

/**
 * Opens the drawer that a specification asks for; one serves one tree. A policy that was trained on the format draws steps.
 *
 * @throws {ConfigError} If whole solutions are wanted of a subject that has none.
 */
export function openDrawer({ spec, domain }: Pick<DrawContext, "spec" | "domain">): Drawer {
  if (spec.draw !== "solution" || spec.prompt !== "bootstrap") return STEP_DRAWER;
  if (domain.solutions === undefined) {
    throw new ConfigError(
      `Cannot draw whole solutions: subject "${domain.name}" with prompt "${spec.prompt}" has none; set search.draw to "step"`,
    );
  }
  return new SolutionDrawer(domain.solutions, spec);
}

/** Kind of text that the children of a node continue. */
export function segmentParent(node: TreeNode): SegmentParent {
  return node.kind === "root" || node.kind === "code_end" ? node.kind : "step";
}

const STEP_DRAWER: Drawer = {
  async draw(node, context) {
    const { question, spec, domain } = context;
    const n = node.kind === "code_end" ? spec.answerCandidates : spec.candidates;
    const prompt = domain.prompt(question.question, node.solution);
    // Only the root is estimated: of what follows, the policy's replies say the length.
    const used = node.parent === null ? mostTokens(prompt) : node.contextTokens;
    const stop = domain.stopStrings(spec.segment);
    return { reply: await sample(node, { context, prompt, used, n, stop }), requests: 1 };
  },
  isWaitedFor: () => false,
};

async function sample(
  node: TreeNode,
  options: {
    readonly context: DrawContext;
    readonly prompt: ReturnType<SolutionDomain["prompt"]>;
    /** Tokens of the prompt. */
    readonly used: number;
    readonly n: number;
    readonly stop: readonly string[];
  },
): Promise<SampleReply> {
  const { context: { spec, seed, policy, signal }, prompt, used, n, stop } = options;
  const reply = await policy.sample({
    prompt,
    n,
    stop,
    temperature: spec.temperature,
    topP: spec.topP,
    maxTokens: Math.max(MIN_SEGMENT_TOKENS, Math.min(spec.maxTokens, spec.modelLength - used)),
    seed: hashSeed(seed, nodePath(node), node.drawBatches),
  }, { signal, acceptsShorter: true });
  if (reply.completions.length !== n) {
    throw new RangeError(
      `Cannot use a policy reply: expected ${n} completions, got ${reply.completions.length}`,
    );
  }
  return reply;
}

/** A segment of a whole solution that waits for its turn. */
type Waiting =
  | { readonly kind: "code"; readonly segment: Completion }
  /** Its program has to print first. */
  | { readonly kind: "answer"; readonly stated: string | null };

/**
 * Draws whole solutions. The first step of each becomes a candidate; the others wait at the node that the ones before them will have
 * made, and are its draws when a rollout comes there, at no cost. A node that nothing waits at is drawn anew, from its steps on.
 */
class SolutionDrawer implements Drawer {
  readonly #solutions: SolutionDomain;
  /** By the address of the node that they continue. */
  readonly #waiting = new Map<string, Waiting[]>();

  readonly #merges: boolean;

  constructor(solutions: SolutionDomain, { merge }: Pick<SearchSpec, "merge">) {
    this.#solutions = solutions;
    this.#merges = merge;
  }

  isWaitedFor(node: TreeNode): boolean {
    return (this.#waiting.get(this.#address(node)) ?? []).length > 0;
  }

  async draw(node: TreeNode, context: DrawContext): Promise<Drawn> {
    const waiting = this.#waiting.get(this.#address(node)) ?? [];
    this.#waiting.delete(this.#address(node));
    if (waiting.length > 0) {
      return { reply: atNoCost(waiting.map((one) => this.#due(one, node)), node), requests: 0 };
    }
    if (node.kind === "code_end") {
      // Its answer is what it printed: another draw brings the same.
      const again = this.#due({ kind: "answer", stated: null }, node);
      return { reply: atNoCost([again], node), requests: 0 };
    }
    return { reply: await this.#ask(node, context), requests: 1 };
  }

  #due(waiting: Waiting, node: TreeNode): Completion {
    if (waiting.kind === "code") return waiting.segment;
    return this.#solutions.answer(node.execution?.stdout ?? "", waiting.stated);
  }

  async #ask(node: TreeNode, context: DrawContext): Promise<SampleReply> {
    const { question, spec } = context;
    const begun = codesTo(node);
    const prompt = this.#solutions.prompt(question.question, begun);
    const reply = await sample(node, {
      context,
      prompt,
      used: mostTokens(prompt),
      n: spec.candidates,
      stop: this.#solutions.stopStrings,
    });
    const maxSteps = Math.max(1, spec.maxDepth - 1 - node.depth);
    const completions = reply.completions.map((completion, index) => {
      const { steps, stated } = this.#solutions.cut(completion, { begun, maxSteps });
      const [first = completion, ...later] = steps;
      this.#wait(node, { steps: [first, ...later], stated, index, context });
      return first;
    });
    return { ...reply, completions };
  }

  /** Puts the later segments of a solution where they continue. */
  #wait(
    node: TreeNode,
    { steps, stated, index, context: { spec, domain } }: {
      readonly steps: readonly Completion[];
      readonly stated: string | null;
      readonly index: number;
      readonly context: DrawContext;
    },
  ): void {
    let at = this.#address(node);
    let parent = segmentParent(node);
    for (const [i, step] of steps.entries()) {
      const { kind, failure, mergeKey } = domain.parse(step, {
        parent,
        codeAfterOutput: spec.codeAfterOutput,
        isPiece: true,
      });
      if (failure !== null) return;
      // Where nothing merges, equal steps are different nodes: a node below a new one has no draws but this one.
      at = childAddress(at, this.#merges ? mergeKey : String(i === 0 ? node.draws + index : 0));
      const next = steps[i + 1];
      if (kind === "code_end") this.#put(at, { kind: "answer", stated });
      else if (next !== undefined) this.#put(at, { kind: "code", segment: next });
      parent = "step";
    }
  }

  #address(node: TreeNode): string {
    return address(node, this.#merges);
  }

  #put(at: string, waiting: Waiting): void {
    const known = this.#waiting.get(at);
    if (known === undefined) this.#waiting.set(at, [waiting]);
    else known.push(waiting);
  }
}

/** The node's own and its ancestors' keys: nodes that merge have the same address. */
function address(node: TreeNode, merges: boolean): string {
  if (node.parent === null) return "";
  return childAddress(
    address(node.parent, merges),
    merges ? node.mergeKey : String(node.drawIndex),
  );
}

function childAddress(parent: string, key: string): string {
  return `${parent}\0${key}`;
}

/** Code that ran on the way to a node, failed steps left out. */
function codesTo(node: TreeNode): readonly string[] {
  if (node.parent === null) return [];
  const before = codesTo(node.parent);
  return node.code === null || node.status !== "ok" ? before : [...before, node.code];
}

function atNoCost(completions: readonly Completion[], node: TreeNode): SampleReply {
  return {
    completions,
    promptTokens: 0,
    generatedTokens: 0,
    seconds: 0,
    price: null,
    contextTokens: node.contextTokens,
  };
}
