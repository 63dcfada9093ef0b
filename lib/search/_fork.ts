/**
 * Forks of one node (docs/search.md, "Forks"): what was drawn there, token by token, and which other tokens could have stood in it.
 * Pure bookkeeping; probabilities are those of the policy given the node's text.
 */
import { type GeneratedToken, textOfTokens, type Token, type TokenChoice } from "../core/mod.ts";
import type { TreeNode } from "./_node.ts";

/** A text that was drawn behind a node. */
export interface Draw {
  readonly child: TreeNode;
  /** Probability of everything that begins with its fork, less the forks that were taken from it since: its weight. */
  weight: number;
}

/** A beginning of a segment that nothing was drawn behind. */
export interface Fork {
  /** Last whole segment before it. */
  readonly node: TreeNode;
  /** Draw that it branches from; `null` of the empty beginning, from which a node is drawn first. */
  readonly from: Draw | null;
  /** Tokens of that draw; the fork shares the first `at` of them. */
  readonly path: readonly TokenChoice[];
  readonly at: number;
  /** Token that takes the place of the drawn one; `null` of the empty beginning. */
  readonly token: TokenChoice | null;
  /** Natural logarithm of the probability of its tokens given the node's text. */
  readonly logprob: number;
  /** Entropy at its place in nats, all that lies beyond the known tokens counted as one. */
  readonly entropy: number;
}

/** A fork that a rollout went through, and what came of it. */
export interface TakenFork {
  readonly fork: Fork;
  /** Tokens that were generated behind it. */
  readonly generated: readonly GeneratedToken[];
  readonly child: TreeNode;
}

/** Beginning from which a node is drawn first. */
export function emptyFork(node: TreeNode): Fork {
  return { node, from: null, path: [], at: 0, token: null, logprob: 0, entropy: 0 };
}

/** Tokens that are put behind the node's text. */
export function forkTokens(fork: Fork): readonly TokenChoice[] {
  return fork.token === null ? [] : [...fork.path.slice(0, fork.at), fork.token];
}

/** Logarithm of the probability of the whole text that was drawn through a fork. */
export function drawnLogprob({ fork, generated }: TakenFork): number {
  return generated.reduce((sum, token) => sum + token.logprob, fork.logprob);
}

/** Open forks of a node and the draws that they branch from. */
export class ForkTable {
  readonly draws: Draw[] = [];
  open: Fork[] = [];
  /** Forks that rollouts in flight go through. */
  inFlight = 0;

  /** Enters a draw: it takes its weight from the draw it branched from, and its tokens open forks. */
  enter(taken: TakenFork): void {
    const { fork, generated, child } = taken;
    const weight = Math.exp(fork.logprob);
    if (fork.from !== null) fork.from.weight = Math.max(0, fork.from.weight - weight);
    const draw: Draw = { child, weight };
    this.draws.push(draw);
    const forced = forkTokens(fork);
    const path = [...forced, ...generated];
    let before = fork.logprob;
    for (const [i, token] of generated.entries()) {
      const entropy = entropyOf(token);
      for (const other of token.alternatives) {
        if (!canBeForced(other, token)) continue;
        this.open.push({
          node: fork.node,
          from: draw,
          path,
          at: forced.length + i,
          token: other,
          logprob: before + other.logprob,
          entropy,
        });
      }
      before += token.logprob;
    }
  }
}

/** Whether a token can be put in the place of another: one without a number is told apart by its text alone. */
function canBeForced(other: TokenChoice, drawn: Token): boolean {
  if (other.id !== null) return other.id !== drawn.id;
  const text = textOfTokens([other]);
  return other.isEnd === true || (text !== "" && text !== textOfTokens([drawn]));
}

function entropyOf(token: GeneratedToken): number {
  const known = [token, ...token.alternatives].map(({ logprob }) => Math.exp(logprob));
  const rest = Math.max(0, 1 - known.reduce((sum, p) => sum + p, 0));
  return [...known, rest].reduce((sum, p) => p > 0 ? sum - p * Math.log(p) : sum, 0);
}
