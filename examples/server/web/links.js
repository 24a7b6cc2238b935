// Providers that are linked to the account.
import { call } from "./api.js";
import { $, button, el, say, when } from "./page.js";

export const id = "links";

export function start() {}

export async function show() {
  const { providers } = await call("GET", "/auth/oauth2/providers").catch(() => ({ providers: [] }));
  $("links").hidden = !providers.length;
  if ($("links").hidden) return;
  const { links } = await call("GET", "/auth/oauth2/links");
  $("link-list").replaceChildren(...links.map((l) => el("li", "",
    el("div", l.provider, el("small", `linked ${when(l.linked_at)}`)),
    button("Unlink", async () => {
      await call("DELETE", `/auth/oauth2/links/${encodeURIComponent(l.id)}`);
      say("The provider is unlinked.", "good");
      await show();
    }))));
  $("link-add").replaceChildren(...providers.map((p) => button(`Link ${p.name}`, async () => {
    const begun = await call("POST", `/auth/oauth2/${p.name}/link`, { return_to: "/" });
    location.href = begun.authorize_url;
  })));
}
