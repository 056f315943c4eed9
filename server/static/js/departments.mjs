/** What a department is called on the page. */

import { t } from "./i18n.mjs";

/** What the server keeps, as a department's name, for areas whose file names no department. */
export const UNNAMED = "未注明部门";

/** A department's own name; of none stated, so in the page's language. @param {string} department */
export function departmentName(department) {
  return department === UNNAMED ? t("net.unnamed") : department;
}
