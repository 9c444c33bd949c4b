// Asks Microsoft's own Kusto language service what is wrong with queries; nothing is run.
// In, on stdin: {"tables": {TABLE: {COLUMN: TYPE}}, "queries": {NAME: TEXT}}
// Out: {NAME: {"problems": ["Severity CODE line:column message"], "columns": {COLUMN: TYPE}}}
import fs from "node:fs";
import path from "node:path";
import vm from "node:vm";
import { createRequire } from "node:module";

const folder = path.dirname(
  createRequire(import.meta.url).resolve("@kusto/language-service-next/package.json"),
);
// Two scripts for one global scope: the service expects the runtime that the first one defines.
for (const script of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
  const file = path.join(folder, script);
  vm.runInThisContext(fs.readFileSync(file, "utf8"), { filename: file });
}
const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;

function database(tables) {
  const symbols = Object.entries(tables).map(([name, columns]) => {
    const typed = Object.entries(columns).map(([column, type]) => `['${column}']: ${type}`);
    return new Symbols.TableSymbol.$ctor7(name, `(${typed.join(", ")})`, null);
  });
  return new Symbols.DatabaseSymbol.ctor("workspace", symbols);
}

function items(list) {
  return Array.from({ length: list.Count }, (_, index) => list.getItem(index));
}

function problem(text, found) {
  const lines = text.slice(0, found.Start).split("\n");
  const place = `${lines.length}:${lines.at(-1).length + 1}`;
  return `${found.Severity} ${found.Code} ${place} ${found.Message}`;
}

const asked = JSON.parse(fs.readFileSync(0, "utf8"));
const globals = GlobalState.Default.WithDatabase(database(asked.tables));
const answer = {};
for (const [name, text] of Object.entries(asked.queries)) {
  const code = KustoCode.ParseAndAnalyze(text, globals);
  const columns = code.ResultType?.Columns ? items(code.ResultType.Columns) : [];
  answer[name] = {
    problems: items(code.GetDiagnostics()).map((found) => problem(text, found)),
    columns: Object.fromEntries(columns.map((each) => [each.Name, each.Type?.Name ?? "unknown"])),
  };
}
process.stdout.write(JSON.stringify(answer));
