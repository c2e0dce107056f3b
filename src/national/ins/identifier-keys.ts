/** Keys of national identifiers, wherever an Identifier stands. Decisions 31 and 71. */
import { expressionOf, type Step } from '../../fhir/element-path.ts'
import type { Issue } from '../../fhir/operation-outcome.ts'
import { isObject, type JsonObject, type JsonValue, type Resource } from '../../fhir/resource.ts'
import { insAuthorityOf } from './ins-oids.ts'
import { insIssue } from './ins-rule-texts.ts'
import { checkMatricule } from './matricule.ts'
import { checkRegistryIdentifier } from './registry-keys.ts'

export interface KeySettings {
  readonly insKey: 'error' | 'warning'
  readonly registryKeys: 'error' | 'warning'
  /** In production an INS of test or demonstration names nobody (decision 30). */
  readonly refusesTestIns: boolean
}

const depthMax = 100

/** An issue for each Identifier of the resource, contained ones included, whose key is wrong. */
export function checkIdentifierKeys(resource: Resource, settings: KeySettings): readonly Issue[] {
  const issues: Issue[] = []
  const visit: Visit = (identifier, path, resourceType) => {
    const issue =
      checkIns(identifier, path, settings) ??
      checkRegistry(identifier, { path, resourceType, settings })
    if (issue) issues.push(issue)
  }
  walk(resource, [resource.resourceType], visit, '')
  return issues
}

type Visit = (identifier: NationalIdentifier, path: string, resourceType: string) => void
type NationalIdentifier = JsonObject & { system: string; value: string }

/** Keys and indexes down to where a walk stands: a path is put together for identifiers alone. */
type Steps = Step[]

function walk(value: JsonValue, steps: Steps, visit: Visit, resourceType: string): void {
  if (steps.length - 1 > depthMax) return
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      steps.push(index)
      walk(value[index]!, steps, visit, resourceType)
      steps.pop()
    }
  } else if (isObject(value)) {
    const type = typeof value.resourceType === 'string' ? value.resourceType : resourceType
    if (isNationalIdentifier(value)) visit(value, expressionOf(steps), type)
    for (const key in value) {
      const child = value[key]!
      if (typeof child !== 'object' || child === null) continue
      steps.push(key)
      walk(child, steps, visit, type)
      steps.pop()
    }
  }
}

function isNationalIdentifier(value: JsonObject): value is NationalIdentifier {
  return typeof value.system === 'string' && typeof value.value === 'string'
}

function checkIns(
  identifier: NationalIdentifier,
  path: string,
  settings: KeySettings,
): Issue | undefined {
  const authority = insAuthorityOf(identifier.system)
  if (!authority) return undefined
  if (!authority.isNational && settings.refusesTestIns) {
    return insIssue({
      rule: 'ins-test-oid',
      expression: `${path}.system`,
      diagnostics: `${path}.system is ${identifier.system}, of INS for tests and demonstrations: refused in production`,
    })
  }
  const result = checkMatricule(identifier.value)
  if (result === 'ok') return undefined
  // National OIDs are held to the key; those of test and demonstration are warned about.
  const severity = authority.isNational && settings.insKey === 'error' ? 'error' : 'warning'
  return insIssue({
    rule: result === 'key' ? 'ins-key' : 'ins-shape',
    severity,
    expression: `${path}.value`,
    diagnostics:
      result === 'key'
        ? `The key of the matricule in ${path} is wrong`
        : `The value in ${path} has not the shape of a matricule: 13 characters and a key of 2 digits`,
  })
}

function checkRegistry(
  identifier: NationalIdentifier,
  { path, resourceType, settings }: { path: string; resourceType: string; settings: KeySettings },
): Issue | undefined {
  const finding = checkRegistryIdentifier(identifier, resourceType)
  if (!finding || finding.result === 'ok') return undefined
  return insIssue({
    rule: 'registry-key',
    severity: settings.registryKeys,
    expression: `${path}.value`,
    diagnostics: `${finding.registry} "${identifier.value}" in ${path} has a wrong ${finding.result === 'key' ? 'key' : 'shape'}`,
  })
}
