import assert from "node:assert/strict";
import { StoreError } from "../../lib/core/mod.ts";
import type { SqlReader } from "../../lib/store/mod.ts";
import { handleRequest } from "../../lib/viewer/mod.ts";
import { COOKIE, request, viewerOptions } from "./_ask.ts";
import { TOKEN } from "./_serve.ts";

const UNUSED: SqlReader = {
  query: () => Promise.reject(new Error("No statement was expected")),
};

/** Answers a request from a database that must not be asked. */
function answer(asked: Request): Promise<Response> {
  return handleRequest(asked, viewerOptions(UNUSED));
}

Deno.test("the token of the address moves into a cookie of the port that scripts cannot read", async () => {
  const response = await answer(request(`/?token=${TOKEN}`, { headers: { cookie: "" } }));
  assert.equal(response.status, 302);
  assert.equal(response.headers.get("location"), "/");
  assert.equal(response.headers.get("set-cookie"), `${COOKIE}; HttpOnly; SameSite=Strict; Path=/`);
});

Deno.test.each([
  { name: "none", path: "/", cookie: "" },
  { name: "a wrong one in the address", path: `/?token=${TOKEN.replace("0", "1")}`, cookie: "" },
  { name: "a wrong one with a right cookie", path: "/?token=x", cookie: COOKIE },
  { name: "a wrong cookie", path: "/api/runs", cookie: `${COOKIE}0` },
  { name: "the beginning of it", path: "/app.js", cookie: COOKIE.slice(0, -1) },
  { name: "an empty one", path: "/?token=", cookie: "" },
  { name: "the cookie of another port", path: "/", cookie: COOKIE.replace("8000", "9000") },
  { name: "the right one, but not at the page", path: `/api/runs?token=${TOKEN}`, cookie: "" },
])("a request is refused with $name as its token", async ({ path, cookie }) => {
  const response = await answer(request(path, { headers: { cookie } }));
  assert.equal(response.status, 401);
  assert.deepEqual(await response.json(), {
    error: "Open the address that deno task view printed: it holds the key to this page",
  });
});

Deno.test("the cookie is found among others", async () => {
  const response = await answer(request("/", { headers: { cookie: `a=1; ${COOKIE}; b=2` } }));
  assert.equal(await response.text(), "page");
});

Deno.test("a host name that is not of this machine is refused, even with the token", async () => {
  for (const host of ["evil.example", "127.0.0.1.evil.example:8000", "localhost:8000.evil", ""]) {
    const response = await answer(request("/", { headers: { host } }));
    assert.equal(response.status, 403, host);
  }
  for (const host of ["localhost:8000", "127.0.0.1", "[::1]:8000"]) {
    assert.equal((await answer(request("/", { headers: { host } }))).status, 200, host);
  }
});

Deno.test("only GET is answered", async () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]) {
    const response = await answer(request("/api/runs", { method }));
    assert.equal(response.status, 405, method);
    await response.body?.cancel();
  }
});

Deno.test("every answer, refusals too, forbids foreign and inline content", async () => {
  for (
    const path of ["/", "/app.js", "/api/version", "/nowhere", `/?token=${TOKEN}`, "/?token=x"]
  ) {
    const response = await answer(request(path));
    await response.body?.cancel();
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.ok(policy.startsWith("default-src 'none'; script-src 'self'; style-src 'self';"), path);
    assert.ok(!/unsafe|https?:|\*/.test(policy), policy);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(response.headers.get("referrer-policy"), "no-referrer");
    assert.equal(response.headers.get("cache-control"), "no-store");
  }
});

Deno.test("what does not exist is not found, whatever its name", async () => {
  for (const path of ["/api/x", "/x", "/__proto__", "/api/constructor", "/../deno.json"]) {
    const response = await answer(request(path));
    assert.equal(response.status, 404, path);
    assert.deepEqual(await response.json(), { error: "No such page" });
  }
});

Deno.test("whoever gets the page has the database opened ahead; whoever does not, has not", async () => {
  let opened = 0;
  const ask = (path: string, cookie = COOKIE) =>
    handleRequest(request(path, { headers: { cookie } }), {
      ...viewerOptions(UNUSED),
      withReader: () => {
        opened++;
        return Promise.reject(new StoreError("a process is writing it"));
      },
    });
  await ask("/app.js");
  await ask("/api/version");
  await ask("/", "");
  assert.equal(opened, 0);
  assert.equal(await (await ask("/")).text(), "page", "even when it cannot be opened");
  assert.equal(opened, 1);
});

Deno.test("the version is told without the database", async () => {
  assert.deepEqual(await (await answer(request("/api/version"))).json(), { version: "1" });
});

Deno.test("a database that cannot be read is named with status 503; other failures are not hidden", async () => {
  const failing = (error: Error) =>
    handleRequest(request("/api/runs"), {
      ...viewerOptions(UNUSED),
      withReader: () => Promise.reject(error),
    });
  const busy = await failing(new StoreError("a process is writing it"));
  assert.equal(busy.status, 503);
  assert.deepEqual(await busy.json(), { error: "a process is writing it" });
  await assert.rejects(() => failing(new RangeError("a fault of ours")), { name: "RangeError" });
});
