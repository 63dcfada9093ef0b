/**
 * Which answers of a problem are equal, as its grader sees it: what every vote counts by.
 *
 * Invariant: no reference answer is in reach. Answers are judged against one another, right and wrong ones by the same rule, so that a
 * vote at test time could have been held without knowing what is right.
 */
import type { InfrastructureError } from "../core/mod.ts";
import { answerNormalForm, type Grader } from "../grading/mod.ts";
import { runTrees } from "../search/mod.ts";
import type { EvaluationStore, JudgedSample, SampleVerdict } from "../store/evaluation_store.ts";
import { isVote } from "./compare_problems.ts";

/** Problems that are grouped at the same time. */
const CONCURRENCY = 32;

/** Options for judging answers against one another. */
export interface GroupOptions {
  readonly grader: Grader;
  readonly signal?: AbortSignal | undefined;
}

/** A group of equal answers. */
interface Group {
  /** Place of its first answer. */
  readonly first: number;
  /** Its first answer, with which others are compared; `null` where the grader cannot compare it with anything in its time. */
  readonly answer: string | null;
}

/**
 * Groups answers in their order: each joins the first group whose first answer equals it, or begins one. Equal normal forms are equal;
 * others are equal where the grader accepts each as the answer to the other, for some of its conventions hold one way only. So what is
 * decided of the first k answers does not depend on those behind them.
 *
 * @returns Place of the first answer of each one's group.
 * @throws {InfrastructureError} If the grader's worker cannot be had.
 */
export async function groupAnswers(
  answers: readonly string[],
  options: GroupOptions,
): Promise<readonly number[]> {
  const forms = answers.map(answerNormalForm);
  const byForm = new Map<string, Group>();
  const groups: Group[] = [];
  for (const [first, form] of forms.entries()) {
    if (byForm.has(form)) continue;
    const answer = answers[first] ?? "";
    const isAlone = new Set(forms).size === 1 || await takesAllTime(answer, options);
    const found = isAlone ? undefined : await findGroup(answer, groups, options);
    const group = found ?? { first, answer: isAlone ? null : answer };
    if (found === undefined) groups.push(group);
    byForm.set(form, group);
  }
  return forms.map((form, place) => byForm.get(form)?.first ?? place);
}

/** Asked once of every answer, so that a hostile one costs its time once and not with each of its neighbours. */
async function takesAllTime(
  answer: string,
  { grader, signal }: GroupOptions,
): Promise<boolean> {
  const { reason } = await grader.grade({ answer: "0", meta: {} }, answer, { signal });
  return reason === "timeout";
}

async function findGroup(
  answer: string,
  groups: readonly Group[],
  { grader, signal }: GroupOptions,
): Promise<Group | undefined> {
  const accepts = async (reference: string, other: string) =>
    (await grader.grade({ answer: reference, meta: {} }, other, { signal })).correct;
  for (const group of groups) {
    if (group.answer === null) continue;
    if (await accepts(group.answer, answer) && await accepts(answer, group.answer)) return group;
  }
  return undefined;
}

/** Result of grouping the votes of stored samples. */
export interface GroupedVotes {
  /** Problems whose votes were grouped. */
  readonly grouped: number;
  /** Problems that the machinery failed to group; they are grouped next time. */
  readonly failed: number;
}

/**
 * Groups the votes of stored samples that the grader has judged, where a problem has several and one of them is in no group yet. No
 * request is made, nothing is judged anew.
 */
export async function groupVotes(
  options: GroupOptions & { readonly store: EvaluationStore; readonly evalId: number },
): Promise<GroupedVotes> {
  const { store, evalId, grader, signal } = options;
  const votes = (await store.samples(evalId)).filter(isVote)
    .flatMap((sample) => verdictsOf(sample, grader.version));
  const problems = [...Map.groupBy(votes, ({ problemId }) => problemId).values()]
    .filter((own) => own.length > 1 && own.some(({ vote }) => vote === null));
  const written: SampleVerdict[] = [];
  const { parked } = await runTrees(problems, {
    openTrees: CONCURRENCY,
    grow: async (own, { signal }) => {
      const places = await groupAnswers(own.map(({ answer }) => answer), { grader, signal });
      return own.map(({ answer: _, ...verdict }, i): SampleVerdict => ({
        ...verdict,
        vote: own[places[i] ?? i]?.sample ?? verdict.sample,
      }));
    },
    onTree: (verdicts) => {
      written.push(...verdicts);
      return Promise.resolve();
    },
    onParked: (_error: InfrastructureError) => Promise.resolve(),
    signal,
  });
  if (written.length > 0) await store.writeVerdicts(evalId, written);
  return { grouped: problems.length - parked, failed: parked };
}

function verdictsOf(
  { problemId, sample, answer, verdicts }: JudgedSample,
  grader: string,
): readonly (SampleVerdict & { readonly answer: string })[] {
  return verdicts.filter((verdict) => verdict.grader === grader)
    .map((verdict) => ({ ...verdict, problemId, sample, answer: answer ?? "" }));
}
