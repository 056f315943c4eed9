/** The two catalogues say the same things, every key that is asked for exists, and none is there for nothing. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { FIELDS } from "../../server/static/js/jobs/importcolumns.mjs";
import { KINDS } from "../../server/static/js/layers/kinds.mjs";
import { fillIn, known, provide, t } from "../../server/static/js/i18n.mjs";

const ROOT = new URL("../../server/", import.meta.url);
const read = (/** @type {string} */ name) => readFileSync(new URL(name, ROOT), "utf8");
const words = { zh: JSON.parse(read("translations/zh.json")), en: JSON.parse(read("translations/en.json")) };
const errors = {
  zh: JSON.parse(read("translations/errors.zh.json")),
  en: JSON.parse(read("translations/errors.en.json")),
};
const all = { ...errors.zh, ...words.zh };

const sources = [
  ...readdirSync(new URL("static/js/", ROOT), { recursive: true })
    .filter((name) => String(name).endsWith(".mjs"))
    .map((name) => read(`static/js/${name}`)),
  ...readdirSync(new URL("templates/", ROOT))
    .filter((name) => name.endsWith(".html"))
    .map((name) => read(`templates/${name}`)),
];
const text = sources.join("\n");
const literals = new Set([...text.matchAll(/["'`]([a-z_]+(?:[.-][\w-]+)+)["'`]/g)].map((match) => match[1]));
const prefixes = [...text.matchAll(/["'`]([a-z_]+(?:\.[\w-]+)*\.)(?:\$\{|["'] ~)/g)].map((match) => match[1]);

test("both languages have the same keys, and no empty text", () => {
  assert.deepEqual(Object.keys(words.en).sort(), Object.keys(words.zh).sort());
  for (const one of [words.zh, words.en]) for (const [key, value] of Object.entries(one)) assert.ok(value.trim(), key);
});

test("a message takes the same values in both languages", () => {
  const values = (/** @type {string} */ message) => [...message.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
  for (const key of Object.keys(words.zh)) assert.deepEqual(values(words.en[key]), values(words.zh[key]), key);
});

test("every key that is asked for exists", () => {
  const asked = [...text.matchAll(/\bt\(\s*["']([\w.-]+)["']/g), ...text.matchAll(/data-t(?:-\w+)?="([\w.-]+)"/g)].map(
    (match) => match[1],
  );
  assert.ok(asked.length > 200);
  for (const key of asked.filter((one) => !one.endsWith("."))) assert.ok(key in all, key);
});

test("no key is there for nothing", () => {
  for (const key of Object.keys(words.zh)) {
    assert.ok(literals.has(key) || prefixes.some((prefix) => key.startsWith(prefix)), key);
  }
});

test("what is named by data has its words: layers, columns, kinds, roles, faults", () => {
  const keys = [
    ...KINDS.flatMap((kind) => [
      `layer.${kind.id}`,
      `layers.group.${kind.group}`,
      ...(kind.choices ?? []).map((id) => `layer.${kind.id}.${id}`),
    ]),
    ...Object.entries(FIELDS).flatMap(([kind, fields]) => [
      `kinds.${kind}`,
      `import.about.${kind}`,
      ...fields.map((field) => `field.${field}`),
    ]),
    ...["city", "county", "town", "community"].map((tier) => `tier.${tier}`),
    ...["county", "town", "community"].map((level) => `level.${level}`),
    ...["draft", "in_force", "superseded"].map((status) => `plan.status.${status}`),
    ...["viewer", "worker", "operator", "planner", "admin"].map((role) => `role.${role}`),
    ...faultCodes().map((code) => `fault.${code}`),
  ];
  for (const key of keys) assert.ok(key in words.zh, key);
});

test("every job of the rail has its words, its icon and its module", () => {
  const jobs =
    read("templates/city.html")
      .match(/for job in \[([^\]]+)\]/)?.[1]
      .match(/\w+/g) ?? [];
  assert.equal(jobs.length, 8);
  for (const job of jobs) {
    assert.ok(`job.${job}` in words.zh, job);
    assert.ok(read("static/icons/icons.svg").includes(`id="job-${job}"`), job);
    assert.ok(read(`static/js/jobs/${job}.mjs`).includes("export function mount"), job);
  }
});

test("every icon that is asked for is in the sprite", () => {
  const sprite = read("static/icons/icons.svg");
  for (const [, name] of text.matchAll(/\bicon\("(\w+)"/g)) assert.ok(sprite.includes(`id="${name}"`), name);
});

test("values are put in; an unknown key shows itself; braces in values stay text", () => {
  provide("en", { a: "{n} of {all}" });
  assert.equal(t("a", { n: 1, all: "{n}" }), "1 of {n}");
  assert.equal(t("no.such"), "no.such");
  assert.equal(known("no.such"), false);
  assert.equal(fillIn("{x}", {}), "{x}");
});

/** The codes that geo/checks.py names in its first docstring. */
function faultCodes() {
  const source = readFileSync(new URL("../geo/checks.py", ROOT), "utf8");
  return [...source.slice(0, source.indexOf("from __future__")).matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b|\bINCOMPLETE\b/g)].map(
    (match) => match[0],
  );
}

test("the page announces exactly the modules that app.mjs imports", () => {
  const base = new URL("static/js/", ROOT);
  /** @type {Set<string>} */
  const found = new Set();
  const walk = (/** @type {URL} */ file) => {
    if (found.has(file.href)) return;
    found.add(file.href);
    for (const [, name] of readFileSync(file, "utf8").matchAll(/^import\s[^;]*?from "(\.[^"]+)"/gm))
      walk(new URL(name, file));
  };
  walk(new URL("app.mjs", base));
  const listed = [...read("templates/modules.html").matchAll(/href="\/static\/js\/([^"]+)"/g)].map(
    (match) => new URL(match[1], base).href,
  );
  assert.deepEqual(
    ["app.mjs"]
      .map((name) => new URL(name, base).href)
      .concat(listed)
      .sort(),
    [...found].sort(),
  );
});
