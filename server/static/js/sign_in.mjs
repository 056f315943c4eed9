/** Signing in: the name and the password go to the API; what is wrong is said beside the form. */

import { ApiError, request } from "./api.mjs";
import { byId } from "./dom.mjs";
import * as i18n from "./i18n.mjs";

const boot = JSON.parse(byId("boot").textContent);
const form = byId("sign-in");
const fault = byId("sign-in-fault");
const loaded = i18n.use(boot.language);

form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  await loaded;
  const button = form.querySelector("button");
  const data = new FormData(form);
  fault.hidden = true;
  button.disabled = true;
  try {
    await request("/api/session", { method: "POST", json: { name: data.get("name"), password: data.get("password") } });
    location.assign(boot.next ?? "/");
  } catch (failure) {
    fault.textContent = failure instanceof ApiError ? failure.message : i18n.t("error.page");
    fault.hidden = false;
    button.disabled = false;
    byId("password").focus();
  }
});
