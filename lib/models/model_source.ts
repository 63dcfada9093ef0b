/** Where a model is: a folder for the embedded engine, or endpoints that serve it. */
export type ModelSource = FolderSource | EndpointSource;

/** A checkpoint in a folder, which the embedded engine serves. */
export interface FolderSource {
  readonly kind: "folder";
  readonly folder: string;
}

/** A model that endpoints serve. */
export interface EndpointSource {
  readonly kind: "urls";
  readonly urls: readonly string[];
  /** Name that it must be served under; `null` where the endpoint's only model is meant. */
  readonly model: string | null;
  /** Checkpoint that they must serve; `null` where anything will do. */
  readonly serves: string | null;
}

/** A policy with the PPM that is asked beside it. */
export interface ModelPair {
  readonly policy: ModelSource;
  /** `null` where none is asked. */
  readonly ppm: ModelSource | null;
}

/**
 * Reads where a model is: URLs, or one folder.
 *
 * @param places As a setting has them; none names no model.
 * @param model Name that endpoints must serve it under; any where it is absent.
 */
export function modelSource(places: readonly string[], model?: string): ModelSource | null {
  const [first] = places;
  if (first === undefined) return null;
  return isUrl(first)
    ? { kind: "urls", urls: places, model: model ?? null, serves: null }
    : { kind: "folder", folder: first };
}

/** The model at a place that a row names: a folder, a URL, or a name that only a serving hook understands. */
export function storedSource(place: string): ModelSource {
  return isUrl(place)
    ? { kind: "urls", urls: [place], model: null, serves: null }
    : { kind: "folder", folder: place };
}

/** Where a model is, for people: its folder, or its URLs. */
export function placeOf(source: ModelSource): string {
  return source.kind === "folder" ? source.folder : source.urls.join(", ");
}

function isUrl(text: string): boolean {
  return /^https?:\/\//.test(text);
}
