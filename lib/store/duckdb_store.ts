import { Semaphore, type TreeRecord, UsageError } from "../core/mod.ts";
import { addArtifact, listArtifacts, readMetrics } from "./_artifacts.ts";
import { CheckpointPace, type Schedule } from "./_checkpoint_pace.ts";
import { countTorn } from "./_consistency.ts";
import { type Database, openDatabase } from "./_database.ts";
import { elementAt } from "./_element_at.ts";
import { listEvaluations, openEvaluation, setEvaluationState } from "./_evaluations.ts";
import { logSize } from "./_log_file.ts";
import { migrate } from "./_migrate.ts";
import { pendingTrees } from "./_pending.ts";
import { putProblems } from "./_problems.ts";
import { queryApart } from "./_query.ts";
import { readTree } from "./_read_tree.ts";
import { saveNodeScores } from "./_node_scores.ts";
import { Replies } from "./_replies.ts";
import { listRounds, putRound } from "./_rounds.ts";
import { deleteRun, findMatch, listRuns, openRun, renameRun } from "./_runs.ts";
import { finishedSamples, readSamples, writeSamples, writeVerdicts } from "./_samples.ts";
import { saveLoadSamples } from "./_load.ts";
import { writeSnapshot } from "./_snapshot.ts";
import { cumulativeCoverage, runSummary } from "./_summary.ts";
import { isFatal } from "./_store_error.ts";
import { TreeWriter } from "./_writer.ts";
import type {
  CumulativeCoverage,
  FailedAttempt,
  NodeScore,
  PendingRequest,
  PendingTree,
  PendingTrees,
  RoundKey,
  Store,
} from "./store.ts";
import type { QueryOptions, QueryRows, SqlReader } from "./sql_reader.ts";
import { packTreeId } from "./tree_id.ts";

/** Options of {@linkcode openStore}. */
export interface OpenStoreOptions {
  /** How the log is folded into the file from time to time. @default by a timer */
  readonly schedule?: Schedule;
}

/**
 * Opens a database file for the one process that writes it; makes or migrates it where needed.
 *
 * @throws {StoreError} If another process holds it (named), or it is no database, from a newer version, or not writable.
 */
export async function openStore(
  path: string,
  options: OpenStoreOptions = {},
): Promise<DuckdbStore> {
  const open = async () => {
    const database = await openDatabase(path, { access: "READ_WRITE" });
    try {
      await migrate(database);
      return database;
    } catch (error) {
      database[Symbol.dispose]();
      throw error;
    }
  };
  return new DuckdbStore(await open(), open, options);
}

/** A smaller log costs nearly as much to fold, and holds little that could be lost. */
const FOLDED_BYTES = 1_000_000;

/** A store in one DuckDB file. Statements run one at a time: a transaction is never torn by its neighbours. */
export class DuckdbStore implements Store, SqlReader {
  #database: Database;
  readonly #open: () => Promise<Database>;
  readonly #writer: TreeWriter;
  readonly #replies: Replies;
  readonly #pace: CheckpointPace;
  readonly #turn = new Semaphore(1);
  /** Whether the instance must be opened again before it is used. */
  #isDead = false;
  readonly #problemNos = new Map<string, number>();

  /** Use {@linkcode openStore}. */
  constructor(database: Database, open: () => Promise<Database>, options: OpenStoreOptions = {}) {
    this.#database = database;
    this.#open = open;
    this.#pace = new CheckpointPace({ ...options, fold: () => this.#fold() });
    this.#writer = new TreeWriter({
      database: () => this.#database,
      reopen: () => this.#reopen(),
      exclusive: (work) => this.#exclusive(work),
    });
    this.#replies = new Replies({
      database: () => this.#database,
      exclusive: (work) => this.#exclusive(work),
    });
  }

  /** @inheritdoc */
  openRun: Store["openRun"] = (request) => this.#exclusive(() => openRun(this.#database, request));

  /** @inheritdoc */
  matchRun: Store["matchRun"] = (request) =>
    this.#exclusive(() => findMatch(this.#database, request));

  /** @inheritdoc */
  runs: Store["runs"] = () => this.#exclusive(() => listRuns(this.#database));

  /** @inheritdoc */
  renameRun: Store["renameRun"] = (name, to) =>
    this.#exclusive(() => renameRun(this.#database, name, to));

  /** @inheritdoc */
  deleteRun: Store["deleteRun"] = (name, options) =>
    this.#exclusive(() => deleteRun(this.#database, name, options));

  /** @inheritdoc */
  putProblems: Store["putProblems"] = async (problems) => {
    const numbers = await this.#exclusive(() => putProblems(this.#database, problems));
    problems.forEach(({ id }, i) => this.#problemNos.set(id, elementAt(numbers, i)));
    return numbers;
  };

  /** @inheritdoc */
  pending(request: PendingRequest): Promise<PendingTrees> {
    return this.#exclusive(() => pendingTrees(this.#database, request));
  }

  /** @inheritdoc */
  async writeTree(key: RoundKey, tree: TreeRecord) {
    return await this.#writer.write(this.#treeId(key, tree), tree);
  }

  /** @inheritdoc */
  writeAttempt(attempt: FailedAttempt): Promise<void> {
    const treeId = this.#treeId(attempt, attempt);
    return this.#exclusive(() =>
      this.#database.run(
        "INSERT INTO attempt VALUES ($1::UBIGINT, $2, $3, now()::TIMESTAMP)",
        [String(treeId), attempt.boundary, attempt.error],
      )
    );
  }

  /** @inheritdoc */
  readTree(key: RoundKey, tree: PendingTree): Promise<TreeRecord | null> {
    return this.#exclusive(() => readTree(this.#database, this.#treeId(key, tree), tree));
  }

  /** @inheritdoc */
  summary(runNo: number, options: { readonly roundNo?: number } = {}) {
    return this.#exclusive(() => runSummary(this.#database, runNo, options.roundNo ?? null));
  }

  /** @inheritdoc */
  cumulativeCoverage(runNo: number, lastRound: number): Promise<CumulativeCoverage> {
    return this.#exclusive(() => cumulativeCoverage(this.#database, runNo, lastRound));
  }

  /** @inheritdoc */
  getReply: Store["getReply"] = (key) => this.#replies.get(key);

  /** @inheritdoc */
  putReply: Store["putReply"] = async (key, body) => await this.#replies.put(key, body);

  /** @inheritdoc */
  saveLoadSamples: Store["saveLoadSamples"] = (runNo, samples) =>
    this.#exclusive(() => saveLoadSamples(this.#database, runNo, samples));

  /** @inheritdoc */
  openEvaluation: Store["openEvaluation"] = (request) =>
    this.#exclusive(() => openEvaluation(this.#database, request));

  /** @inheritdoc */
  finishedSamples: Store["finishedSamples"] = (evalId) =>
    this.#exclusive(() => finishedSamples(this.#database, evalId));

  /** @inheritdoc */
  writeSamples: Store["writeSamples"] = (evalId, samples, verdicts) =>
    this.#exclusive(() => writeSamples(this.#database, evalId, { samples, verdicts }));

  /** @inheritdoc */
  writeVerdicts: Store["writeVerdicts"] = (evalId, verdicts) =>
    this.#exclusive(() => writeVerdicts(this.#database, evalId, verdicts));

  /** @inheritdoc */
  setEvaluationState: Store["setEvaluationState"] = (evalId, state) =>
    this.#exclusive(() => setEvaluationState(this.#database, evalId, state));

  /** @inheritdoc */
  evaluations: Store["evaluations"] = (filter = {}) =>
    this.#exclusive(() => listEvaluations(this.#database, filter));

  /** @inheritdoc */
  samples: Store["samples"] = (evalId) =>
    this.#exclusive(() => readSamples(this.#database, evalId));

  /** @inheritdoc */
  addArtifact: Store["addArtifact"] = (request) =>
    this.#exclusive(() => addArtifact(this.#database, request));

  /** @inheritdoc */
  artifacts: Store["artifacts"] = (filter = {}) =>
    this.#exclusive(() => listArtifacts(this.#database, filter));

  /** @inheritdoc */
  metrics: Store["metrics"] = (artifactId) =>
    this.#exclusive(() => readMetrics(this.#database, artifactId));

  /** @inheritdoc */
  putRound: Store["putRound"] = (round) => this.#exclusive(() => putRound(this.#database, round));

  /** @inheritdoc */
  rounds: Store["rounds"] = (runNo) => this.#exclusive(() => listRounds(this.#database, runNo));

  /** Trees whose nodes are not all there; anything but 0 is a bug (docs/architecture.md, "store"). */
  tornTrees(): Promise<number> {
    return this.#exclusive(() => countTorn(this.#database));
  }

  /**
   * Runs one statement that reads, beside the writer: it sees what is committed when it starts.
   * It reaches no file but the database's own.
   *
   * @throws {UsageError} If the statement is wrong, writes, or takes too long.
   */
  async query(sql: string, options: QueryOptions = {}): Promise<QueryRows> {
    return await queryApart(this.#database, sql, options);
  }

  /**
   * Keeps what a later model says of nodes, by the model's number, in the table `node_score`; a score that is there already stays.
   *
   * @throws {RangeError} If a score is no finite number.
   */
  saveNodeScores(scorer: number, scores: readonly NodeScore[]): Promise<void> {
    return this.#exclusive(() => saveNodeScores(this.#database, scorer, scores));
  }

  /** Folds the log into the file. It also happens by itself, now and then (_checkpoint_pace.ts). */
  checkpoint(): Promise<void> {
    return this.#exclusive(() => this.#database.run("CHECKPOINT"));
  }

  /**
   * Writes a consistent copy that other processes can open, in the database's folder.
   *
   * @throws {StoreError} If the copy exists already, lies in another folder, or cannot be written.
   */
  snapshot(path: string): Promise<void> {
    return this.#exclusive(() => writeSnapshot(this.#database, path));
  }

  /** Waits until what was handed over is durable, and closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pace[Symbol.asyncDispose]();
    await this.#writer.close();
    await this.#replies.close();
    using _turn = await this.#turn.acquire();
    this.#database[Symbol.dispose]();
  }

  async #exclusive<T>(work: () => Promise<T>): Promise<T> {
    using _turn = await this.#turn.acquire();
    this.#pace.touch();
    if (this.#isDead) await this.#reopen();
    return await work();
  }

  /** Closes and opens the file again, after an error that killed the instance. */
  async #reopen(): Promise<void> {
    this.#isDead = true;
    this.#database[Symbol.dispose]();
    this.#database = await this.#open();
    this.#isDead = false;
  }

  async #fold(): Promise<void> {
    using _turn = await this.#turn.acquire();
    try {
      if (await logSize(this.#database.path) < FOLDED_BYTES) return;
      await this.#database.run("CHECKPOINT");
    } catch (error) {
      // What is stored is durable without it. What keeps the log from being folded, a full disk say, fails the next statement too.
      this.#isDead = isFatal(error);
    }
  }

  #treeId(key: RoundKey, { problemId, seed }: PendingTree): bigint {
    const problemNo = this.#problemNo(problemId);
    return packTreeId({ runNo: key.runNo, roundNo: key.roundNo, problemNo, seed });
  }

  #problemNo(id: string): number {
    const problemNo = this.#problemNos.get(id);
    if (problemNo !== undefined) return problemNo;
    throw new UsageError(`Cannot use problem "${id}": it was not stored before its tree`);
  }
}
