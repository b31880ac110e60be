// Prints each failed test of a Playwright JSON report with the beginning of its error: node failures.mjs REPORT
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";

const LINES = 20;

/**
 * @param {import("@playwright/test/reporter").JSONReportSuite} suite
 * @returns {import("@playwright/test/reporter").JSONReportSpec[]}
 */
const specs = (suite) => [...suite.specs, ...(suite.suites ?? []).flatMap(specs)];

/** @type {import("@playwright/test/reporter").JSONReport} */
const report = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
for (const spec of report.suites.flatMap(specs).filter((spec) => !spec.ok)) {
  console.log(`✗ ${spec.file}:${spec.line} ${spec.title}`);
  for (const { errors } of spec.tests.flatMap((test) => test.results)) {
    for (const { message } of errors) {
      const lines = stripVTControlCharacters(message ?? "").split("\n").filter((line) => line.trim() !== "");
      console.log(lines.slice(0, LINES).map((line) => `  ${line}`).join("\n"));
    }
  }
}
