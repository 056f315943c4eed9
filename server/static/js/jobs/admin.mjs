/** 系统管理: what this installation is: the approval steps, accounts and their commands, the API, the data version. */

import { h, replace } from "../dom.mjs";
import { onLanguage, t } from "../i18n.mjs";
import { block, facts } from "../parts/figures.mjs";
import { approvalSteps } from "./approvalsteps.mjs";
import { openWork } from "./common.mjs";

const COMMANDS = ["user add NAME --role planner --city CODE", "user list", "user disable NAME", "verify"];

/** @param {any} app */
export function mount(app) {
  const draw = () => {
    const { city } = app;
    replace(
      openWork(app, "job.admin"),
      block(
        t("admin.service"),
        facts([
          [t("admin.city"), `${city.name} (${city.code})`],
          [t("city.zone"), city.tz],
          [t("city.data_version"), String(city.data_version)],
          [t("admin.cells"), t("city.resolution", { res: city.resolution })],
        ]),
      ),
      app.can("approval.set") ? block(t("approval.title"), approvalSteps(app)) : null,
      block(
        t("admin.accounts"),
        h(
          "div.stack",
          {},
          h("p", {}, t("admin.accounts_how")),
          h("pre.command", { tabindex: 0 }, COMMANDS.map((one) => `python3 -m server ${one}`).join("\n")),
        ),
      ),
      block(
        t("admin.api"),
        h(
          "p",
          {},
          h("a", { href: "/api" }, t("admin.api_page")),
          " · ",
          h("a", { href: "/api/openapi.json" }, "OpenAPI"),
        ),
      ),
    );
  };
  const stop = onLanguage(draw);
  draw();
  return () => void stop();
}
