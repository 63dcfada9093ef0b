/** A program: policy and PPM of the campaign's world behind one port, which it prints. It is there to be killed. */
import { z } from "zod";
import { nextSegment } from "../cli/_addition_world.ts";
import { completionsReply } from "../endpoint/_completions_reply.ts";
import { poolingReply } from "./_world.ts";

const Completions = z.looseObject({ prompt: z.string(), n: z.int().default(1) });
const Pooling = z.looseObject({ input: z.union([z.string(), z.array(z.string())]) });

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method === "GET" && pathname === "/v1/models") {
    return Response.json({ data: [{ id: "adder" }] });
  }
  const body: unknown = request.method === "POST" ? await request.json() : null;
  if (pathname === "/v1/completions") {
    const { prompt, n } = Completions.parse(body);
    const texts = Array.from({ length: n }, (_, i) => nextSegment(prompt, i));
    return Response.json(completionsReply(texts));
  }
  if (pathname === "/pooling") {
    const { input } = Pooling.parse(body);
    return Response.json(poolingReply([input].flat()));
  }
  return Response.json({ error: { message: "Not Found" } }, { status: 404 });
}

if (import.meta.main) {
  Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => console.log(port) }, answer);
}
