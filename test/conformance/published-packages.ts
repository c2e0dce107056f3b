/** Reads published packages as they are, for comparisons; the server itself keeps less of them. */
import { list, type ReadEntry } from 'tar'
import { isResource, type Resource } from '../../src/fhir/resource.ts'

export const publishedFolder = '../shared/fhir-packages'

/** The resources of a .tgz by type and canonical. */
export function readPublished(file: string): Map<string, Resource> {
  const resources = new Map<string, Resource>()
  const take = (entry: ReadEntry) => {
    if (!/^package\/[^./][^/]*\.json$/.test(entry.path)) return
    const chunks: Buffer[] = []
    entry.on('data', (chunk: Buffer) => chunks.push(chunk))
    entry.on('end', () => {
      const json: unknown = JSON.parse(Buffer.concat(chunks).toString())
      if (isResource(json)) resources.set(`${json.resourceType} ${String(json.url)}`, json)
    })
  }
  list({ file, sync: true, onReadEntry: take })
  return resources
}
