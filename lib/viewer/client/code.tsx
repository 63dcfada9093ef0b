// @ts-types="@types/prismjs/components/prism-core.d.ts"
import Prism from "prismjs/components/prism-core.js";
import "prismjs/components/prism-python.js";
import type { ComponentChildren } from "preact";

// Otherwise it looks through the whole page for code to colour as soon as it is loaded.
Prism.manual = true;

/** Longest code that is coloured; what is longer is shown plainly. */
const MAX_COLOURED = 20_000;

/** Python with its tokens coloured. Only text nodes are made of it: nothing that a model wrote becomes markup. */
export function Code({ text }: { readonly text: string }) {
  const grammar = Prism.languages["python"];
  const isPlain = grammar === undefined || text.length > MAX_COLOURED;
  return <pre tabIndex={0}>{isPlain ? text : render(Prism.tokenize(text, grammar))}</pre>;
}

type TokenStream = Prism.TokenStream;

function render(stream: TokenStream): ComponentChildren {
  if (typeof stream === "string") return stream;
  if (Array.isArray(stream)) return stream.map(render);
  return <span class={`tok-${stream.type}`}>{render(stream.content)}</span>;
}
