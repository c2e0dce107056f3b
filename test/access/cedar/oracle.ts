/** The rules as access.cedar states them, and what Cedar answers. */
import { readFileSync } from 'node:fs'
import {
  policySetTextToParts,
  policyToJson,
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
  validate,
  type Context,
  type Entities,
  type TypeAndId,
} from '@cedar-policy/cedar-wasm/nodejs'

const textOf = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
const schema = textOf('access.cedarschema')
const policies = policiesById(textOf('access.cedar'))
export const policyIds: readonly string[] = Object.keys(policies)

/** `permits` leaves the forbids out: what would be allowed but for them. */
type PolicySet = 'all' | 'permits'
const permits = Object.fromEntries(
  Object.entries(policies).filter(([, text]) => /^permit\b/m.test(text)),
)

const schemaName = 'access'
for (const answer of [
  preparseSchema(schemaName, schema),
  preparsePolicySet('all' satisfies PolicySet, { staticPolicies: policies }),
  preparsePolicySet('permits' satisfies PolicySet, { staticPolicies: permits }),
]) {
  if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors))
}

/** Cedar's own ids are `policy0`, `policy1`; the annotation `@id` is what a reader knows. */
function policiesById(text: string): Readonly<Record<string, string>> {
  const parts = policySetTextToParts(text)
  if (parts.type === 'failure') throw new Error(JSON.stringify(parts.errors))
  const named = parts.policies.map((policy): [string, string] => {
    const parsed = policyToJson(policy)
    const id = parsed.type === 'success' ? parsed.json.annotations?.id : undefined
    if (id === undefined) throw new Error(`A policy without @id: ${policy}`)
    return [id, policy]
  })
  if (new Set(named.map(([id]) => id)).size < named.length) throw new Error('An @id is taken twice')
  return Object.fromEntries(named)
}

/** What strict validation finds: a policy that fails at run time would be skipped. */
export function findFaults(): readonly string[] {
  const answer = validate({
    schema,
    policies: { staticPolicies: policies },
    validationSettings: { mode: 'strict' },
  })
  if (answer.type === 'failure') return answer.errors.map(({ message }) => message)
  return [...answer.validationErrors, ...answer.validationWarnings].map(
    ({ policyId, error }) => `${policyId}: ${error.message}`,
  )
}

export type CedarAction = 'see' | 'read' | 'search' | 'create' | 'mask' | 'change'

export interface CedarRequest {
  readonly principal: TypeAndId
  readonly action: CedarAction
  readonly resource: TypeAndId
  readonly context: Context
  readonly entities: Entities
}

export interface CedarAnswer {
  readonly isAllowed: boolean
  /** Of what is allowed, the permits that hold; of what is denied, the forbids. */
  readonly policies: readonly string[]
}

/** Throws when the request does not fit the schema, or a policy fails. */
export function askCedar(
  { action, ...request }: CedarRequest,
  policySet: PolicySet = 'all',
): CedarAnswer {
  const answer = statefulIsAuthorized({
    ...request,
    action: { type: 'Action', id: action },
    preparsedSchemaName: schemaName,
    preparsedPolicySetId: policySet,
    validateRequest: true,
  })
  if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors))
  const { decision, diagnostics } = answer.response
  if (diagnostics.errors.length > 0) throw new Error(JSON.stringify(diagnostics.errors))
  return { isAllowed: decision === 'allow', policies: diagnostics.reason }
}
