// Requests that change something carry the page's token. A session may end and another begin in a second tab while an
// analyst draws for hours: then the token is asked for again, once, and what was drawn is not lost for it.
export async function send(place, url, options) {
  const go = () =>
    fetch(url, { ...options, headers: { Accept: "application/json", ...options.headers, "X-CSRF-Token": place.csrf } });
  const answer = await go();
  return [400, 403].includes(answer.status) && (await renewed(place)) ? go() : answer;
}

async function renewed(place) {
  const page = await fetch(location.pathname, { headers: { Accept: "text/html" } })
    .then((answer) => (answer.ok ? answer.text() : ""))
    .catch(() => "");
  const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("modeler")?.dataset.csrf;
  if (!fresh) return false;
  place.csrf = fresh;
  return true;
}
