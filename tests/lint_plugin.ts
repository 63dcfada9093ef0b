/** The house rules that a linter can see: import directions and the owner of each outside thing. */
import { importProblem, OWNERS, roomOf } from "./architecture.ts";

const root = new URL("../", import.meta.url).pathname;

function projectPath(filename: string): string {
  return filename.startsWith(root) ? filename.slice(root.length) : filename;
}

/** Says what is wrong with the docstring that a source text ends with; `null` when nothing is. */
function docProblem(before: string): string | null {
  if (!before.endsWith("*/")) return "an exported symbol needs a docstring";
  const text = before.slice(before.lastIndexOf("/*")).replace(/[/*\s]+/g, " ").trim();
  const words = text.replace(/^(?:An?|The) /, "").split(" ");
  return words.length > 2 ? null : "a docstring says more than the name";
}

/** The expression inside of `as` and `satisfies`. */
function unwrapped(node: Deno.lint.Expression): Deno.lint.Expression {
  return node.type === "TSAsExpression" || node.type === "TSSatisfiesExpression"
    ? unwrapped(node.expression)
    : node;
}

const plugin: Deno.lint.Plugin = {
  name: "rstar",
  rules: {
    "import-direction": {
      create(context) {
        const file = projectPath(context.filename);
        const report = (node: Deno.lint.Node, specifier: string, isTypeOnly: boolean) => {
          const message = importProblem(file, specifier, isTypeOnly);
          if (message !== null) context.report({ node, message });
        };
        return {
          ImportDeclaration(node) {
            const allTypes = node.specifiers.length > 0 &&
              node.specifiers.every((s) => s.type === "ImportSpecifier" && s.importKind === "type");
            report(node, node.source.value, node.importKind === "type" || allTypes);
          },
          ExportNamedDeclaration(node) {
            if (node.source !== null) {
              report(node, node.source.value, node.exportKind === "type");
            }
          },
          ExportAllDeclaration(node) {
            report(node, node.source.value, node.exportKind === "type");
          },
        };
      },
    },
    "no-forged-configuration": {
      create(context) {
        const room = roomOf(projectPath(context.filename));
        if (room === null || room === "config") return {};
        return {
          CallExpression(node) {
            const { callee } = node;
            if (callee.type !== "MemberExpression" || callee.object.type !== "Identifier") return;
            if (callee.property.type !== "Identifier") return;
            const schema = /^[A-Z]\w*Config$/.test(callee.object.name);
            if (!schema || !/^(safeP|p)arse(Async)?$/.test(callee.property.name)) return;
            context.report({
              node,
              message:
                `a configuration comes from the user through commandConfig; take the fields that are needed instead of ${callee.object.name}`,
            });
          },
        };
      },
    },
    "one-owner": {
      create(context) {
        const room = roomOf(projectPath(context.filename));
        if (room === null) return {};
        return {
          MemberExpression(node) {
            if (node.object.type !== "Identifier" || node.property.type !== "Identifier") return;
            const name = node.object.name === "console"
              ? "console"
              : `${node.object.name}.${node.property.name}`;
            const owners = OWNERS[name];
            if (owners === undefined || owners.includes(room)) return;
            context.report({
              node,
              message: `"${name}" may only be used in ${owners.map((o) => `lib/${o}`).join(", ")}`,
            });
          },
        };
      },
    },
    "documented-export": {
      create(context) {
        const file = projectPath(context.filename);
        if (roomOf(file) === null || file.endsWith("/mod.ts")) return {};
        return {
          ExportNamedDeclaration(node) {
            if (node.source !== null || node.declaration === null) return;
            const before = context.sourceCode.text.slice(0, node.range[0]).trimEnd();
            // Overloads and a type beside its schema are documented once, on the first of them.
            const message = docProblem(before);
            if (message !== null) context.report({ node, message });
          },
        };
      },
    },
    "doc-comment-start": {
      create(context) {
        if (!/^(?:lib|tests|benchmarks)\//.test(projectPath(context.filename))) return {};
        return {
          Program() {
            for (const comment of context.sourceCode.getAllComments()) {
              if (comment.type !== "Block" || !/^\*[\s*]*What\s/.test(comment.value)) continue;
              context.report({
                node: comment,
                message: "say first what the thing is: a verb or a noun",
              });
            }
          },
        };
      },
    },
    "no-literal-spread": {
      create(context) {
        return {
          SpreadElement(node) {
            if (node.parent.type !== "ObjectExpression") return;
            if (unwrapped(node.argument).type !== "ObjectExpression") return;
            context.report({ node, message: "write the properties themselves, without `...{ }`" });
          },
        };
      },
    },
  },
};

export default plugin;
