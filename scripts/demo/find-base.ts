/** The FHIR base of a server of which only the host may have been named. R4 http.html, `[base]`. */

/** `url`, unless it is its `/fhir` that answers with a CapabilityStatement. */
export async function findBase(url: string): Promise<string> {
  const below = `${url}/fhir`
  return !(await isFhirBase(url)) && (await isFhirBase(below)) ? below : url
}

async function isFhirBase(base: string): Promise<boolean> {
  try {
    const headers = { accept: 'application/fhir+json' }
    const response = await fetch(`${base}/metadata`, { headers })
    const { resourceType } = (await response.json()) as { readonly resourceType?: unknown }
    return response.ok && resourceType === 'CapabilityStatement'
  } catch {
    return false
  }
}
