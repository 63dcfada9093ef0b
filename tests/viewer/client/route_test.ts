import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRoute, type Route, routeHash } from "../../../lib/viewer/client/route.ts";

const LIST: Route = { tree: null, beside: null, node: 0, besideNode: 0, filter: {} };

Deno.test("parseRoute() reads the list, its filter, a tree, and two", () => {
  assert.deepEqual(parseRoute(""), LIST);
  assert.deepEqual(parseRoute("#solved=no&text=a%26b"), {
    ...LIST,
    filter: { solved: "no", text: "a&b" },
  });
  assert.deepEqual(parseRoute("#tree=12&node=3&beside=13&besideNode=4"), {
    ...LIST,
    tree: "12",
    node: 3,
    beside: "13",
    besideNode: 4,
  });
});

Deno.test("parseRoute() takes the root for what is no node", () => {
  for (const node of ["-1", "x", "1.5", "", "1e3", "99999999999"]) {
    assert.equal(parseRoute(`#tree=1&node=${node}`).node, 0, node);
  }
});

Deno.test("a route survives the way through an address", () => {
  const id = fc.integer({ min: 0, max: 999_999_999 });
  const name = fc.constantFrom("run", "round", "solved", "text", "error", "sort");
  const routes = fc.record({
    tree: fc.stringMatching(/^\d{1,15}$/),
    beside: fc.stringMatching(/^\d{1,15}$/),
    node: id,
    besideNode: id,
    filter: fc.dictionary(name, fc.string({ minLength: 1 }), { noNullPrototype: true }),
  }, { noNullPrototype: true });
  fc.assert(fc.property(routes, (route) => {
    assert.deepEqual(parseRoute(routeHash(route)), route);
  }));
});
