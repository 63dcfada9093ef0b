/** Tokens of texts and texts of tokens, as servers tell them, asked for once. */
import { z } from "zod";
import { readReply } from "./_replies.ts";
import type { RequestBody } from "./transport.ts";

/** Sends one request and reads its reply; a pool's, so that it is repeated where that helps. */
export type AskVocabulary = <T>(
  path: string,
  body: RequestBody,
  read: (reply: unknown, url: string) => T,
) => Promise<T>;

/** Field in which a server takes the text that it is to tokenize: vLLM and SGLang `prompt`, llama.cpp `content`. */
export type TokenizeField = "prompt" | "content";

const TokensReply = z.object({ tokens: z.array(z.int().min(0)).min(1) });

/** Reply of `/detokenize`: vLLM's, SGLang's, llama.cpp's. */
const DetokenizeReply = z.union([
  z.object({ prompt: z.string() }).transform(({ prompt }) => prompt),
  z.object({ text: z.string() }).transform(({ text }) => text),
  z.object({ content: z.string() }).transform(({ content }) => content),
]);

/** Prompts whose tokens are remembered; the oldest are forgotten. */
const MAX_PROMPTS = 1_000;

/** Sign between tokens whose texts are asked for together; no text of the format holds it. */
const SEPARATOR = "\u241E";

/** Remembers what a server said of its vocabulary. */
export class Vocabulary {
  readonly #model: string;
  readonly #ask: AskVocabulary;
  readonly #field: TokenizeField;
  readonly #prompts = new Map<string, Promise<readonly number[]>>();
  readonly #texts = new Map<number, string>();

  constructor(
    ask: AskVocabulary,
    { model, field }: { readonly model: string; readonly field: TokenizeField },
  ) {
    this.#ask = ask;
    this.#model = model;
    this.#field = field;
  }

  /**
   * Tokens of a prompt, as the server reads it.
   *
   * @throws {ProviderError} If it does not say.
   */
  async tokensOf(prompt: string): Promise<readonly number[]> {
    const known = this.#prompts.get(prompt);
    if (known !== undefined) return await known;
    const asked = this.#tokenize(prompt, true);
    this.#prompts.set(prompt, asked);
    const oldest = this.#prompts.size > MAX_PROMPTS ? this.#prompts.keys().next().value : undefined;
    if (oldest !== undefined) this.#prompts.delete(oldest);
    try {
      return await asked;
    } catch (error) {
      this.#prompts.delete(prompt);
      throw error;
    }
  }

  /** Text of a token that was learned. */
  textOf(id: number): string {
    return this.#texts.get(id) ?? "";
  }

  /**
   * Learns the texts of tokens, those that are not known yet in one request.
   *
   * @throws {ProviderError} If the server does not say.
   */
  async learn(ids: Iterable<number>): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => !this.#texts.has(id));
    if (unknown.length === 0) return;
    // One token alone may lose a space in front, and a piece of a character must not meet its other piece.
    const between = await this.#tokenize(SEPARATOR, false);
    const joined = await this.#detokenize([
      ...between,
      ...unknown.flatMap((id) => [id, ...between]),
    ]);
    const texts = joined.split(SEPARATOR).slice(1, -1);
    if (texts.length === unknown.length) {
      unknown.forEach((id, i) => this.#texts.set(id, texts[i] ?? ""));
      return;
    }
    for (const id of unknown) this.#texts.set(id, await this.#detokenize([id]));
  }

  /** Tokens of a text without those that a tokenizer adds in front. */
  async plainTokensOf(text: string): Promise<readonly number[]> {
    return await this.#tokenize(text, false);
  }

  async #tokenize(text: string, isPrompt: boolean): Promise<readonly number[]> {
    const body = this.#field === "prompt"
      ? { model: this.#model, prompt: text, add_special_tokens: isPrompt }
      : { content: text, add_special: isPrompt, parse_special: true };
    return await this.#ask(
      "../tokenize",
      body,
      // llama.cpp answers no token to a text in a field that it does not know.
      (reply, url) => readReply(TokensReply, reply, url).tokens,
    );
  }

  async #detokenize(tokens: readonly number[]): Promise<string> {
    const body = { model: this.#model, tokens };
    return await this.#ask(
      "../detokenize",
      body,
      (reply, url) => readReply(DetokenizeReply, reply, url),
    );
  }
}
