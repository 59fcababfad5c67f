// Writes messages.md: every error message in the code of the command, the packages and the page, with what to do.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const names = ["ts", "tsx", "mjs"].flatMap((ending) => [
  `:(glob)packages/**/src/**/*.${ending}`,
  `:(glob)apps/demo/src/**/*.${ending}`,
]);
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", ...names], {
  cwd: root,
  encoding: "utf8",
})
  .trim()
  .split("\n")
  .filter((file) => !/\.(test|fixture)\./.test(file));

const base = ts.readConfigFile(join(root, "apps/site/tsconfig.api.json"), (path) =>
  readFileSync(path, "utf8"),
);
const { options } = ts.parseJsonConfigFileContent(base.config, ts.sys, join(root, "apps/site"));
const program = ts.createProgram(
  files.map((file) => join(root, file)),
  { ...options, allowJs: true, jsx: ts.JsxEmit.ReactJSX },
);
const checker = program.getTypeChecker();

/** The kinds of errors: what they mean, and what to do. */
const kinds = [
  {
    classes: ["UsageError"],
    title: "The command line",
    meaning:
      "The command line cannot be followed as it stands. Nothing was painted or changed. The command ends with exit code 2.",
  },
  {
    classes: ["OptionError", "TooSmall", "TypeError", "RangeError"],
    title: "Options and values",
    meaning:
      "An option or a value is of the wrong type, out of its range, or names something that does not exist. Correct the value that the message quotes. The command ends with exit code 2.",
  },
  {
    classes: ["NoRoom"],
    title: "Memory",
    meaning:
      "The options are valid, but the engine has too little memory for them. Use the size that the message names, or another engine, or `--memory`.",
  },
  {
    classes: ["DeviceLost"],
    title: "Lost devices",
    meaning:
      "The GPU was lost, with everything on it. The last picture and the checkpoint are kept; `brushwork resume` goes on from there.",
  },
  {
    classes: ["Diverged", "NotFinite"],
    title: "Values that are not finite",
    meaning:
      "A loss or a colour became NaN or infinite. Use a smaller learning rate, or smaller weights for the loss that the message names.",
  },
  {
    classes: ["PluginError"],
    title: "Loss plugins",
    meaning:
      "A loss package failed or broke the rules for plugins. The message names it: report it to its author, or [mend it](/write-a-loss).",
  },
  {
    classes: ["Interruption"],
    title: "Interruptions",
    meaning: "The run was stopped, by Ctrl-C or by the system. What was painted so far is kept.",
  },
  {
    classes: ["Remediable", "Trouble", "NoSource", "BadArchive", "BindingFailure", "NoHome"],
    title: "Downloads, engines and weights",
    meaning:
      "Something that has to be fetched or built is missing, or is not as it was published. Nothing that is not as published is ever used. Do what the message says, then run the same command again.",
  },
  {
    classes: [
      ...["StoreFailure", "Unpaintable", "GivenBack", "Lost", "Cancelled"],
      ...["UnrecoverableError", "WaitingError"],
    ],
    title: "Queues",
    meaning:
      "A job of [several machines](/queue) was given back, set aside or cancelled, or the store between them cannot be used. No picture is lost: the same batch collects what was painted, and tries the rest again.",
  },
  {
    classes: ["Error", "Failure", "SyntaxError", "Busy", "DOMException"],
    title: "Files, pictures and the rest",
    meaning:
      "A file cannot be read or written, a picture is damaged or of a format that is not read, or the system refuses something. Outputs that were complete before are still there. The command ends with exit code 1.",
  },
];
const kindOf = new Map(kinds.flatMap((kind) => kind.classes.map((name) => [name, kind])));

/** Messages by kind, each with the packages that have it. */
const found = new Map(kinds.map((kind) => [kind, new Map()]));
for (const file of files) {
  const source = program.getSourceFile(join(root, file));
  const visit = (node) => {
    if (ts.isNewExpression(node) && isError(node)) take(node, file);
    ts.forEachChild(node, visit);
  };
  visit(source);
}

/** Whether an instance of what is made is an Error. */
function isError(node) {
  const seen = (type) => type.symbol?.name === "Error" || (type.getBaseTypes?.() ?? []).some(seen);
  return seen(checker.getTypeAtLocation(node));
}

function take(node, file) {
  const name = node.expression.getText();
  const kind = kindOf.get(name);
  if (kind === undefined)
    throw new Error(`Give the errors of the class ${name} a kind in ${fileURLToPath(import.meta.url)}.`);
  for (const argument of node.arguments ?? [])
    for (const message of sentences(argument, 3)) {
      const texts = found.get(kind);
      const packages = texts.get(message) ?? new Set();
      packages.add(packageOf(file));
      texts.set(message, packages);
    }
}

/** The sentences that an expression may be. @param depth how far functions and variables are followed */
function sentences(node, depth) {
  if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || isSum(node)) {
    const text = textOf(node).replace(/\s+/g, " ").trim();
    return /\p{L}+ \p{L}+/u.test(text.replace(/‹[^›]*›/g, "")) ? [text] : [];
  }
  if (ts.isConditionalExpression(node))
    return [...sentences(node.whenTrue, depth), ...sentences(node.whenFalse, depth)];
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return sentences(node.expression, depth);
  if (ts.isBinaryExpression(node)) return [node.left, node.right].flatMap((side) => sentences(side, depth));
  if (depth === 0) return [];
  if (ts.isCallExpression(node)) return sentencesOf(node.expression, depth - 1);
  if (ts.isIdentifier(node)) return sentencesOf(node, depth - 1);
  return [];
}

/** The sentences of what a name stands for: a variable's value, or whatever a function returns. */
function sentencesOf(name, depth) {
  let symbol = checker.getSymbolAtLocation(name);
  if (symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
  const declaration = symbol?.valueDeclaration;
  if (declaration === undefined || !declaration.getSourceFile().fileName.startsWith(root)) return [];
  if (declaration.getSourceFile().fileName.includes("/node_modules/")) return [];
  if (ts.isVariableDeclaration(declaration) && declaration.initializer !== undefined)
    return ts.isArrowFunction(declaration.initializer)
      ? returned(declaration.initializer.body, depth)
      : sentences(declaration.initializer, depth);
  return ts.isFunctionDeclaration(declaration) && declaration.body ? returned(declaration.body, depth) : [];
}

function returned(body, depth) {
  if (!ts.isBlock(body)) return sentences(body, depth);
  const all = [];
  const visit = (node) => {
    if (ts.isReturnStatement(node) && node.expression) all.push(...sentences(node.expression, depth));
    if (!ts.isFunctionLike(node)) ts.forEachChild(node, visit);
  };
  visit(body);
  return all;
}

function isSum(node) {
  return (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.PlusToken &&
    [node.left, node.right].some(
      (side) => ts.isStringLiteralLike(side) || ts.isTemplateExpression(side) || isSum(side),
    )
  );
}

/** The text with a name in place of each value: "Expected ‹name› …". */
function textOf(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return (
      node.head.text +
      node.templateSpans.map(({ expression, literal }) => textOf(expression) + literal.text).join("")
    );
  if (isSum(node)) return textOf(node.left) + textOf(node.right);
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression);
  return `‹${nameOf(node)}›`;
}

function nameOf(node) {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (ts.isCallExpression(node)) {
    const [first] = node.arguments;
    if (ts.isPropertyAccessExpression(node.expression)) return nameOf(node.expression.expression);
    return first === undefined ? nameOf(node.expression) : nameOf(first);
  }
  return "…";
}

function packageOf(file) {
  const [, one, plugin] = /^(?:packages|apps)\/([^/]+)\/([^/]+)/.exec(file) ?? [];
  return one === "loss-plugins" ? `loss-${plugin}` : one === "demo" ? "the page" : one;
}

/** What Markdown and the templates of the site would take for something else. */
function escaped(text) {
  return text.replace(/[\\`*_[\]<>|{}]/g, (mark) => `&#${mark.codePointAt(0)};`);
}

const total = Array.from(found.values(), ({ size }) => size).reduce((sum, size) => sum + size, 0);
const lines = [
  "---",
  "outline: 2",
  "---",
  "# Every message",
  "",
  `All ${total} error messages of the command, the packages and the page, taken from the code. A name in ‹these marks› stands for a value. Search this page for a few words of the message that you have. [Troubleshooting](/troubleshooting) goes through what happens most often.`,
];
for (const { title, meaning, ...kind } of kinds) {
  const texts = [...found.get(kindOf.get(kind.classes[0]))].sort(([a], [b]) => a.localeCompare(b, "en"));
  if (texts.length === 0) continue;
  lines.push("", `## ${title}`, "", meaning, "");
  for (const [text, packages] of texts)
    lines.push(
      `- ${escaped(/^\p{Ll}/u.test(text) ? `… ${text}` : text)} <small>(${[...packages].sort().join(", ")})</small>`,
    );
}
writeFileSync(join(root, "apps/site/messages.md"), `${lines.join("\n")}\n`);
