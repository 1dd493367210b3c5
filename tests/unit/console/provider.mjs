// An OpenID provider for the tests: the certified npm package, with its own pages for signing in.
import { Provider } from "oidc-provider";

const [port, callback] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "hengjian", client_secret: "a-secret-of-the-tests-only", redirect_uris: [callback] }],
  cookies: { keys: ["for tests only"] },
  pkce: { required: () => true },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
