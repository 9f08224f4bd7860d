// A certified provider (oidc-provider) for scripts/oidc: node oidc-provider.mjs MODULE PORT KEYS AUDIENCE.
// Access tokens are JWTs by RFC 9068 that say when somebody signed in, and how strongly.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [module, port, keys] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(module));
const issuer = `http://127.0.0.1:${port}`;
const client = (client_id) => ({
  client_id,
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code'],
  response_types: ['code'],
  redirect_uris: ['http://127.0.0.1/callback'],
});

const provider = new Provider(issuer, {
  clients: [client('homeward-console'), client('another')],
  jwks: JSON.parse(readFileSync(keys, 'utf8')),
  cookies: { keys: ['only for this run'] },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  enabledJWA: { idTokenSigningAlgValues: ['ES256', 'RS256'] },
  features: {
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context, resource) => ({
        scope: 'homeward',
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  extraTokenClaims: (context) => {
    const code = context.oidc.entities.AuthorizationCode;
    return { auth_time: code?.authTime, acr: 'urn:homeward:two', amr: ['pwd', 'otp'] };
  },
});
provider.listen(Number(port), '127.0.0.1', () => console.log(`issuing as ${issuer}`));
