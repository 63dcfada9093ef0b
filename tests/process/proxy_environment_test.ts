import assert from "node:assert/strict";
import { proxyEnvironment, proxyFor } from "../../lib/process/mod.ts";

const LOOPBACK = "localhost,127.0.0.1,127.0.0.0/8,::1,[::1],0.0.0.0";

Deno.test("proxyEnvironment() leaves an environment without proxies alone", () => {
  for (const environment of [{}, { PATH: "/bin", no_proxy: "a" }, { http_proxy: "", PATH: "/" }]) {
    assert.equal(proxyEnvironment(environment), environment);
  }
});

Deno.test("proxyEnvironment() says the same in both spellings, and spares this machine", () => {
  assert.deepEqual(proxyEnvironment({ PATH: "/bin", HTTP_PROXY: "p:1", no_proxy: "a, .b" }, "me"), {
    PATH: "/bin",
    http_proxy: "p:1",
    HTTP_PROXY: "p:1",
    no_proxy: `a,.b,${LOOPBACK},me`,
    NO_PROXY: `a,.b,${LOOPBACK},me`,
  });
});

Deno.test("proxyEnvironment() adds what either spelling spares", () => {
  const { NO_PROXY } = proxyEnvironment({ https_proxy: "p", no_proxy: "a", NO_PROXY: "b,a" });
  assert.equal(NO_PROXY, `a,b,${LOOPBACK}`);
});

Deno.test("proxyEnvironment() takes all_proxy where a scheme has no proxy of its own", () => {
  const both = proxyEnvironment({ ALL_PROXY: "socks5://s", https_proxy: "h" });
  assert.deepEqual(
    [both["http_proxy"], both["https_proxy"], both["all_proxy"], both["ALL_PROXY"]],
    ["socks5://s", "h", undefined, undefined],
  );
});

Deno.test("proxyEnvironment() names nothing where nothing is to go through a proxy", () => {
  for (const proxies of [{}, { http_proxy: "p", all_proxy: "q" }]) {
    for (const name of ["no_proxy", "NO_PROXY"]) {
      assert.deepEqual(proxyEnvironment({ ...proxies, [name]: "a, *", HOME: "/" }), { HOME: "/" });
    }
  }
});

Deno.test("proxyEnvironment() is done once it was done", () => {
  const once = proxyEnvironment({ http_proxy: "p", NO_PROXY: "x" }, "me");
  assert.deepEqual(proxyEnvironment(once, "me"), once);
});

Deno.test.each<[string, Record<string, string>, string | null]>([
  ["http://a.b:8000/v1", {}, null],
  ["http://a.b:8000/v1", { http_proxy: "http://u:p@p:1" }, "http://p:1"],
  ["http://a.b:8000/v1", { https_proxy: "http://p:1" }, null],
  ["https://a.b/v1", { all_proxy: "socks5://p:1" }, "socks5://p:1"],
  ["http://a.b:8000/v1", { http_proxy: "p:1", NO_PROXY: "x,.b" }, null],
  ["http://ab:8000/v1", { http_proxy: "p:1", no_proxy: "b" }, "p:1"],
  ["http://10.1.2.3/v1", { http_proxy: "p:1", no_proxy: "10.0.0.0/8" }, null],
  ["http://11.1.2.3/v1", { http_proxy: "p:1", no_proxy: "10.0.0.0/8" }, "p:1"],
  ["http://a.b:8000/v1", { http_proxy: "p:1", no_proxy: "*" }, null],
  ["http://127.9.9.9:8000/v1", { http_proxy: "p:1" }, null],
  ["http://[::1]:8000/v1", { http_proxy: "p:1" }, null],
])("proxyFor(%s, %o) is %s", (url, environment, proxy) => {
  assert.equal(proxyFor(url, environment), proxy);
});

/** A server that answers everything with its name. */
function named(name: string, hostname = "127.0.0.1") {
  const server = Deno.serve({ port: 0, hostname, onListen: () => {} }, () => new Response(name));
  return { port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** Messages of either client for a name that does not exist. */
const NOT_FOUND = /dns error|Name or service not known|Temporary failure in name resolution/;

/** Programs that print what answers at each of their arguments. */
const CLIENTS: Readonly<Record<string, readonly string[]>> = {
  "Deno's fetch": [
    ...[Deno.execPath(), "eval", "--quiet"],
    "for (const url of Deno.args) console.log(await (await fetch(url)).text());",
  ],
  "Python's urllib": [
    ...["python3", "-I", "-c"],
    "import sys, urllib.request as r\nfor url in sys.argv[1:]: print(r.urlopen(url).read().decode())",
  ],
};

for (const [client, [program = "", ...args]] of Object.entries(CLIENTS)) {
  const answers = async (urls: readonly string[], environment: Record<string, string>) => {
    const { PATH = "", HOME = "" } = Deno.env.toObject();
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args: [...args, ...urls],
      clearEnv: true,
      env: { PATH, HOME, NO_COLOR: "1", ...proxyEnvironment(environment) },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trim().split("\n");
  };

  Deno.test(`${client} reaches this machine without the proxy, and everything else through it`, async () => {
    await using here = named("here");
    await using six = named("here", "::1");
    await using proxy = named("proxy");
    await using other = named("other");
    const [near, far] = [
      [
        `http://127.0.0.1:${here.port}/`,
        `http://localhost:${here.port}/`,
        `http://[::1]:${six.port}/`,
      ],
      ["http://model.example:8000/v1/models"],
    ];
    const [first, second] = [`http://127.0.0.1:${proxy.port}`, `http://127.0.0.1:${other.port}`];
    for (const name of ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]) {
      const seen = await answers([...near, ...far], { [name]: first });
      assert.deepEqual(seen, ["here", "here", "here", "proxy"], name);
    }
    const both = { all_proxy: second, http_proxy: first };
    assert.deepEqual(await answers(far, both), ["proxy"]);
    for (const name of ["no_proxy", "NO_PROXY"]) {
      // What is spared and not there is not found: no proxy answers for it.
      for (const spared of ["x.y,.example", "*"]) {
        await assert.rejects(answers(far, { http_proxy: first, [name]: spared }), NOT_FOUND);
      }
      assert.deepEqual(await answers(near, { http_proxy: first, [name]: "*" }), [
        ...["here", "here", "here"],
      ]);
    }
  });
}
