// Who asks: GitHub's limits on an App's token, and no unknown token is anybody. (Emulate's own check is broken, and an
// unknown token is its first user.)
import { createPublicKey, verify } from "node:crypto";
import { refuse } from "./answers.mjs";

const LONGEST_S = 600;
const SKEW_S = 60;

export function checkIdentity(app, world) {
  app.use("*", async (c, next) => {
    const token = tokenOf(c.req.raw);
    if (token.startsWith("eyJ")) {
      const found = readAppToken(world.gh, token);
      if (typeof found === "string") return refuse(401, found);
      c.set("authApp", { appId: found.app_id, slug: found.slug, name: found.name });
    } else if (token && !world.tokens.has(token)) {
      return refuse(401, "Bad credentials");
    }
    await next();
  });
}

export const tokenOf = (request) =>
  (request.headers.get("authorization") ?? "").replace(/^(Bearer|token)\s+/i, "").trim();

/** What a request may do, for the log: never the token itself. */
export function describeCaller(world, request) {
  const token = tokenOf(request);
  if (!token) return { kind: "nobody" };
  if (token.startsWith("eyJ")) return { kind: "app" };
  const found = world.tokens.get(token);
  if (!found) return { kind: "unknown" };
  if (!found.installation) return { kind: "person", login: found.login };
  const { installationId, appId, permissions, repositoryIds } = found.installation;
  return { kind: "installation", installationId, appId, permissions, repositoryIds };
}

function readAppToken(gh, token) {
  const [head, body, signature] = token.split(".");
  try {
    const claims = JSON.parse(Buffer.from(body, "base64url"));
    const app = gh.apps.all().find((one) => one.app_id === Number(claims.iss));
    if (!app) return "Integration not found";
    const key = createPublicKey(app.private_key);
    const isOurs = verify("RSA-SHA256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"));
    if (!isOurs) return "A JSON web token could not be decoded";
    return checkTimes(claims, Date.now() / 1000) ?? app;
  } catch {
    return "A JSON web token could not be decoded";
  }
}

function checkTimes({ iat, exp }, now) {
  if (!(exp > now)) return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
  if (exp > now + LONGEST_S + SKEW_S) return "'Expiration time' claim ('exp') is too far in the future";
  if (iat > now + SKEW_S) return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";
  return undefined;
}
