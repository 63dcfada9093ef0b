import assert from "node:assert/strict";
import { parse } from "jsonc-parser";
import { readCommandLine } from "../../../lib/cli/launch/command_line.ts";
import { type Grants, grantsFor, permissionFlags } from "../../../lib/cli/launch/grants.ts";
import { rawSettings } from "../../../lib/config/mod.ts";

/** Grants of a command line, with a file and variables besides. */
function grants(
  args: readonly string[],
  more: {
    readonly file?: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly programs?: Readonly<Record<string, string>>;
  } = {},
): Grants {
  const line = readCommandLine(args);
  const { file = "{}", environment = {}, programs = {} } = more;
  return grantsFor({
    line,
    environment,
    programs,
    projectRoot: "/project",
    duckdbFolder: "/deno/npm/@duckdb",
    settings: rawSettings({ file: parse(file), environment, flags: line.flags }),
  });
}

Deno.test("a search reaches its endpoints, writes beside its database, and runs two interpreters", () => {
  const { net, write, run, ffi } = grants([
    "synth",
    ...["--policy", "http://a:8000/v1,https://b/v1", "--db=/data/x.duckdb", "--record", "/tapes/r"],
  ], { programs: { bwrap: "/usr/bin/bwrap", open: "/usr/bin/open" } });
  assert.deepEqual(net, ["127.0.0.1", "a:8000", "b:443", "control:80", "unix:/data/x.duckdb.sock"]);
  assert.deepEqual(write, ["/data", "/project/.rstar", "/tapes"]);
  assert.deepEqual(run, [
    "/project/.rstar/python/confined/bin/python",
    "/project/.rstar/python/models/bin/python",
    "/usr/bin/bwrap",
  ]);
  assert.deepEqual(ffi, ["/deno/npm/@duckdb"]);
});

Deno.test("settings count wherever they come from, flags before variables before the file", () => {
  const file = '{ "policy": ["http://file:1"], "ppm": ["http://ppm:2"], /* note */ "db": "/f/a" }';
  const { net } = grants(["synth", "--db", "/flag/a"], {
    file,
    environment: { RSTAR_POLICY: "http://variable:3", RSTAR_DB: "/variable/a" },
  });
  assert.deepEqual(net, ["127.0.0.1", "control:80", "ppm:2", "unix:/flag/a.sock", "variable:3"]);
});

Deno.test("commands that do not search reach no host and start nothing", () => {
  for (const command of ["sql", "runs", "report", "export"]) {
    const { net, run } = grants([command, "--db", "/d/a"]);
    assert.deepEqual([net, run], [["control:80", "unix:/d/a.sock"], []], command);
  }
  assert.deepEqual(grants(["grade", "--cases", "/c/cases.jsonl"]).ffi, []);
  assert.deepEqual(grants(["data", "fetch"]).net, ["raw.githubusercontent.com:443"]);
  const { read, write, net, run, ffi } = grants(["init", "/etc/x/rstar.jsonc"]);
  assert.deepEqual(write, ["/etc/x", "/project/.rstar"]);
  assert.ok(read !== true && read.includes("/project"));
  assert.deepEqual([net, run, ffi], [[], [], []]);
});

Deno.test("SQL text names no files", () => {
  const { read } = grants(["sql", "/etc/passwd", "--db", "/d/a"]);
  assert.deepEqual(read, ["/d", "/project", "/project/.rstar"]);
});

Deno.test("the environment is cut to what is known to be needed, but for the user's own commands", () => {
  const environment = { PATH: "/bin", SECRET: "x", RSTAR_POLICY_API_KEY: "k", AWS_TOKEN: "y" };
  assert.deepEqual(Object.keys(grants(["synth"], { environment }).env).toSorted(), [
    "PATH",
    "RSTAR_POLICY_API_KEY",
  ]);
  const file = '{ "hooks": { "serve": ["serve-it", "{policy}"] } }';
  const hook = grants(["evolve"], { environment, file });
  // Nobody knows where its servers are going to listen, or where its program lies.
  assert.deepEqual([hook.env, hook.run, hook.net, hook.read], [environment, true, true, true]);
  const none = grants(["evolve"], { environment, file: '{ "hooks": {} }' });
  assert.ok([none.run, none.net, none.read].every((granted) => granted !== true));
  const trainer = grants(["evolve"], { file: '{ "trainer": { "command": ["srun", "x"] } }' });
  assert.deepEqual([trainer.run, trainer.read, trainer.net === true], [true, true, false]);
});

Deno.test("a command trusts the certificates that the launcher and pip trust", () => {
  const environment = {
    NODE_EXTRA_CA_CERTS: "/ca.pem",
    DENO_CERT: "/ca.pem",
    DENO_TLS_CA_STORE: "system",
    REQUESTS_CA_BUNDLE: "/ca.pem",
    CURL_CA_BUNDLE: "/ca.pem",
    PIP_CERT: "/ca.pem",
    SSL_CERT_FILE: "/ca.pem",
  };
  assert.deepEqual(grants(["synth"], { environment }).env, environment);
});

Deno.test("a trainer that needs loader variables may start anything, because Deno asks for that", () => {
  const environment = { PATH: "/bin", LD_LIBRARY_PATH: "/cuda" };
  const { run, read } = grants(["train"], {
    environment,
    programs: { python3: "/usr/bin/python3" },
  });
  assert.equal(run, true);
  assert.ok(read !== true && read.includes("/usr/bin/python3"), "it must still be found");
  assert.equal(grants(["train"], { environment }).env["LD_LIBRARY_PATH"], "/cuda");
  assert.notEqual(grants(["synth"], { environment }).run, true);
});

Deno.test("a list with commas names each of its parts, never a path with a comma", () => {
  const { read } = grants(["eval", "--mode", "greedy,mcts", "compare", "/a,/b", "select 1, 2"]);
  assert.ok(["/a", "/b"].every((path) => read !== true && read.includes(path)), String(read));
  assert.ok(read !== true && read.every((path) => !path.includes(",")), String(read));
});

Deno.test("permissionFlags() refuses a path with a comma, which Deno cannot name, and writes nothing for nothing", () => {
  const none = { read: [], write: [], net: [], run: [], ffi: [], env: {} };
  assert.deepEqual(permissionFlags(none), ["--allow-env", "--allow-sys"]);
  assert.deepEqual(
    permissionFlags({ ...none, read: ["/a", "/c"], run: true }).slice(0, 2),
    ["--allow-read=/a,/c", "--allow-run"],
  );
  assert.throws(() => permissionFlags({ ...none, write: ["/a,b"] }), {
    name: "UsageError",
    message:
      'Cannot let the command use "/a,b": permissions cannot name a path with a comma; rename it',
  });
});

Deno.test("a study reads what the settings of its chains name, and writes its page", () => {
  const chain = '{"problems": "/sets/train.jsonl", "base": "/models/base"}';
  const { read, write } = grants(["science", "--evolve", chain, "--out", "/pages/study.md"]);
  assert.ok(read !== true);
  assert.ok(["/sets/train.jsonl", "/models/base"].every((path) => read.includes(path)));
  assert.ok(write.includes("/pages"));
});

Deno.test("a command sees the user's proxies in both spellings, and none for this machine", () => {
  const { env } = grants(["synth"], { environment: { ALL_PROXY: "http://p:1", NO_PROXY: "a" } });
  assert.equal(env["http_proxy"], "http://p:1");
  assert.equal(env["HTTPS_PROXY"], "http://p:1");
  assert.match(env["no_proxy"] ?? "", /^a,localhost,127\.0\.0\.1,/);
  assert.equal(env["no_proxy"], env["NO_PROXY"]);
});

Deno.test("a command sees the variables that its requests name, and no command without endpoints does", () => {
  const environment = { OPENAI_API_KEY: "k", GATE: "g", OTHER: "o" };
  const seen = (args: readonly string[]) =>
    Object.keys(grants(args, { environment }).env).filter((name) => name in environment);
  assert.deepEqual(
    seen([
      ...["synth", "--requests.policy.apiKeyVariable", "OPENAI_API_KEY"],
      ...["--requests.ppm.headers", '{"x-gate":"$GATE"}'],
    ]),
    ["OPENAI_API_KEY", "GATE"],
  );
  const group = '{"policy":{"apiKeyVariable":"OPENAI_API_KEY"}}';
  assert.deepEqual(seen(["eval", "--requests", group]), ["OPENAI_API_KEY"]);
  assert.deepEqual(seen(["science", "--evolve", `{"requests":${group}}`]), ["OPENAI_API_KEY"]);
  assert.deepEqual(seen(["export", "--requests", group]), []);
});

Deno.test("a shard's database and socket are named after it where none is named", () => {
  for (const command of ["synth", "eval"]) {
    const { net } = grants([command, "--shard", "3/64"]);
    assert.ok(
      net !== true && net.some((host) => host.endsWith("/data/rstar-03-of-64.duckdb.sock")),
    );
  }
  const { net } = grants(["synth", "--shard=3/64", "--db", "/d/a"]);
  assert.ok(net !== true && net.includes("unix:/d/a.sock"));
});

Deno.test("merge writes beside its first file and reads beside the others, export reads beside those it is given", () => {
  const merge = grants(["merge", "/out/all.duckdb", "/a/x.duckdb", "/a/y.duckdb", "--json"]);
  assert.deepEqual(merge.write, ["/out", "/project/.rstar"]);
  assert.deepEqual(merge.read, ["/a", "/out", "/project", "/project/.rstar"]);
  assert.deepEqual(
    grants(["merge", "--json", "/out/all.duckdb", "/a/x.duckdb"]).write,
    merge.write,
  );
  const { read, write } = grants([
    ...["export", "--dry-run", "/a/x.duckdb", "--db", "/d/db", "--out", "/data/sft", "/b/y.duckdb"],
  ]);
  assert.ok(read !== true && ["/a", "/b"].every((folder) => read.includes(folder)), String(read));
  assert.ok(["/a", "/b"].every((folder) => !write.includes(folder)));
});

Deno.test("settings of training are read from no path, wherever they stand; paths in groups are", () => {
  const before = grants(["evolve"]).read;
  assert.deepEqual(grants(["evolve", "--ppm", '{"epochs":2,"batchSize":8}']).read, before);
  assert.deepEqual(grants(["evolve", "--sft", '{"a":"/x/y"}']).read, before);
  for (
    const args of [
      ["evolve", "--trainer.accelerate", "/far/fsdp.yaml"],
      ["evolve", "--trainer", '{"accelerate":"/far/fsdp.yaml"}'],
      ["science", "--evolve.trainer.accelerate", "/far/fsdp.yaml"],
    ]
  ) {
    assert.ok((grants(args).read as string[]).includes("/far/fsdp.yaml"), args.join(" "));
  }
});

Deno.test("a model is read from its folder, and doctor reads whatever synth does", () => {
  assert.ok(
    (grants(["synth", "--policy", "/m/a", "--ppm=/m/b"]).read as string[]).includes("/m/b"),
  );
  assert.ok((grants(["eval", "--policy", "/m/a"]).read as string[]).includes("/m/a"));
  assert.equal(grants(["evolve", "--hooks.serve", "serve.sh,{policy}"]).run, true);
});
