/** A file that pip fetches, out of a line of its output. */
interface FetchedFile {
  readonly name: string;
  readonly version: string;
  readonly size: string;
  readonly bytes: number;
}

/** Milliseconds between two lines of progress: few in a log, soon enough for who waits. */
const INTERVAL_MS = 10_000;

/** A file of this size is told of as soon as it begins: nothing else will be said for a while. */
const LARGE_BYTES = 50e6;

const UNITS: Readonly<Record<string, number>> = { bytes: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** Turns pip's output into a few lines that say how far it is. */
export class PipProgress {
  readonly #total: number;
  readonly #now: () => number;
  #files = 0;
  #bytes = 0;
  #lastMs: number;

  /**
   * @param total How many packages are wanted.
   * @param now A monotonic clock, milliseconds.
   */
  constructor(total: number, now: () => number = () => performance.now()) {
    this.#total = total;
    this.#now = now;
    this.#lastMs = now();
  }

  /** Takes a line of pip's output; returns what there is to say about it, `null` for most. */
  read(line: string): string | null {
    if (line.startsWith("Installing collected packages")) {
      return `unpacking ${count(this.#files, "package")}, ${megabytes(this.#bytes)} fetched`;
    }
    const file = fetchedFile(line);
    if (file === null) return null;
    const before = `${this.#files} of ${this.#total} fetched, ${megabytes(this.#bytes)}`;
    this.#files++;
    this.#bytes += file.bytes;
    if (file.bytes < LARGE_BYTES && this.#now() - this.#lastMs < INTERVAL_MS) return null;
    this.#lastMs = this.#now();
    return `${before}; fetching ${file.name} ${file.version} (${file.size})`;
  }
}

/** Reads `Downloading torch-2.13.0-….whl (180.1 MB)`; what was fetched before counts as well. */
function fetchedFile(line: string): FetchedFile | null {
  const match =
    /^\s*(?:Downloading|Using cached|Processing) (?:\S*\/)?([^\s/-]+)-([^\s-]+)\S*(?<!\.metadata)(?: \((?:(([\d.]+) (bytes|kB|MB|GB))|from .*)\))?$/
      .exec(line);
  if (match === null) return null;
  const [, name = "", version = "", size = "on this disk", amount = "0", unit = "bytes"] = match;
  const bytes = Number(amount) * (UNITS[unit] ?? 1);
  return { name, version: decodeURIComponent(version), size, bytes };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}
