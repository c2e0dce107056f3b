/**
 * CapabilityStatement.rest.security: what R4 and SMART App Launch 1.0 tell there; later clients read
 * `.well-known/smart-configuration`.
 */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'

const extensionUrl = 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris'
const service = {
  coding: [
    {
      system: 'http://terminology.hl7.org/CodeSystem/restful-security-service',
      code: 'SMART-on-FHIR',
      display: 'SMART-on-FHIR',
    },
  ],
}

/** Names of the extension's parts, and of what the discovery document calls the same. */
const endpoints = {
  authorize: 'authorization_endpoint',
  token: 'token_endpoint',
  introspect: 'introspection_endpoint',
  revoke: 'revocation_endpoint',
}

/** Without a discovery document the server asks nobody who he is. */
export function createRestSecurity(discovery: JsonObject | undefined): JsonObject {
  const cors = true
  if (!discovery) return { cors }
  const uris = Object.entries(endpoints).flatMap(([url, name]): JsonValue[] => {
    const valueUri = discovery[name]
    return valueUri === undefined ? [] : [{ url, valueUri }]
  })
  return { extension: [{ url: extensionUrl, extension: uris }], cors, service: [service] }
}
