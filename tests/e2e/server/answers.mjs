// How GitHub's answers look, good and bad.
const DOCS = "https://docs.github.com/rest";

export const json = (body, status = 200, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });

export const nothing = (status = 204) => new Response(null, { status });

export const refuse = (status, message, errors) =>
  json({ message, ...(errors ? { errors } : {}), documentation_url: DOCS }, status);

export const invalid = (resource, details) => refuse(422, "Validation Failed", [{ resource, ...details }]);

/** Cut a list into GitHub's pages, with the `Link` to the next one. */
export function page(items, url) {
  const size = Math.min(100, Number(url.searchParams.get("per_page") ?? 30));
  const number = Number(url.searchParams.get("page") ?? 1);
  const found = items.slice((number - 1) * size, number * size);
  return json(found);
}
