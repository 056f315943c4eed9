/** The foot of the rail: language, help, who is signed in. */

import { request } from "../api.mjs";
import { byId, h, icon, replace } from "../dom.mjs";
import { language, onLanguage, t } from "../i18n.mjs";
import { showKeys } from "./keys.mjs";
import { openDialog } from "./dialogs.mjs";
import { facts } from "./figures.mjs";
import { failed } from "./toasts.mjs";

/** @param {any} app */
export function createRailFoot(app) {
  const draw = () => {
    const other = language() === "zh" ? "en" : "zh";
    replace(
      byId("rail-foot"),
      h(
        "button.rail-button",
        {
          type: "button",
          lang: other === "zh" ? "zh-CN" : "en",
          id: "switch-language",
          on: { click: () => app.setLanguage(other) },
        },
        other === "zh" ? "中文" : "English",
      ),
      h(
        "button.rail-button",
        { type: "button", title: `${t("keys.title")} (?)`, "aria-label": t("keys.title"), on: { click: showKeys } },
        icon("help"),
      ),
      h(
        "button.rail-button",
        { type: "button", title: t("user.title"), on: { click: () => openUser(app) } },
        icon("user"),
        h("span.who", {}, app.user ? nameOf(app) : t("sign_in.title")),
      ),
    );
  };
  onLanguage(draw);
  draw();
}

/** @param {any} app */
function nameOf(app) {
  return app.boot.demo ? t("user.demo") : app.user.name;
}

/** @param {any} app */
function openUser(app) {
  if (!app.user) return location.assign("/sign-in");
  const leave = async () => {
    try {
      await request("/api/session", { method: "DELETE" });
      location.assign("/sign-in");
    } catch (failure) {
      failed(failure);
    }
  };
  const body = [
    facts([
      [t("user.name"), nameOf(app)],
      [t("user.role"), t(`role.${app.user.role}`)],
      [t("user.territory"), app.user.region?.name ?? (app.user.city ? app.city.name : t("user.everywhere"))],
    ]),
    h("p.note", {}, app.boot.demo ? t("user.demo_note") : t("user.note")),
  ];
  const foot = app.boot.demo
    ? null
    : h("button.button", { type: "button", on: { click: leave } }, icon("leave"), t("user.sign_out"));
  return openDialog(t("user.title"), body, foot);
}
