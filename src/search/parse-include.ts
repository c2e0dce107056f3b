/** `_include` and `_revinclude`. R4 search.html#revinclude. */
import type { Issue } from '../fhir/operation-outcome.ts'
import type { QueryContext, SentParameter } from './query-context.ts'
import {
  UnsupportedParameter,
  invalidValue,
  requireFollowed,
  requireParameter,
} from './query-context.ts'
import type { IncludeRule } from './search-request.ts'

/**
 * `Type:code`, `Type:code:Target`, `Type:*`, and for `_include` a lone `*`: every reference of the
 * types searched.
 */
export function parseInclude(
  context: QueryContext,
  sent: SentParameter,
  types: readonly string[],
): IncludeRule[] {
  const [name, modifier] = sent.name.split(':')
  const kind = name === '_include' ? 'include' : 'revinclude'
  if (modifier !== undefined && modifier !== 'iterate') {
    throw new UnsupportedParameter(
      sent.name,
      `The modifier ":${modifier}" of "${sent.name}" is not supported; ${name} takes :iterate`,
    )
  }
  const iterate = modifier === 'iterate'
  if (sent.value === '*' && kind === 'include' && !iterate)
    return types.map((sourceType) => ({ kind, sourceType, code: '*', iterate }))
  const [sourceType = '', code = '', targetType, ...more] = sent.value.split(':')
  if (more.length > 0 || code === '') throw invalidForm(sent)
  requireType(context, sent, sourceType)
  if (targetType !== undefined) requireType(context, sent, targetType)
  if (code !== '*') requireReference(context, sent, { sourceType, code, targetType })
  return [{ kind, sourceType, code, iterate, ...(targetType === undefined ? {} : { targetType }) }]
}

function invalidForm(sent: SentParameter) {
  return invalidValue(
    sent,
    `${sent.name} must be Type:parameter, Type:parameter:TargetType or Type:*; "${sent.value}" is not`,
  )
}

function requireType({ registry }: QueryContext, sent: SentParameter, type: string): void {
  if (!registry.isResourceType(type))
    throw invalidValue(sent, `"${type}" in ${sent.name}=${sent.value} is no resource type`)
}

function requireReference(
  context: QueryContext,
  sent: SentParameter,
  rule: { sourceType: string; code: string; targetType: string | undefined },
): void {
  const { sourceType, code, targetType } = rule
  const parameter = requireParameter(context, sent, sourceType, code)
  const { type, targets } = parameter
  if (type !== 'reference')
    throw invalidValue(sent, `"${code}" in ${sent.name}=${sent.value} is no reference`)
  requireFollowed(sent, parameter)
  if (targetType !== undefined && targets.length > 0 && !targets.includes(targetType))
    throw invalidValue(
      sent,
      `"${code}" in ${sent.name}=${sent.value} cannot refer to ${targetType}`,
    )
}

const namedMax = 5

/** What `*` stands for but is not followed: references by canonical URL, said in one warning. */
export function unfollowedIncludes(
  { registry }: QueryContext,
  rules: readonly IncludeRule[],
  searched: readonly string[],
): Issue[] {
  const names = rules
    .filter(({ code, sourceType, kind, iterate }) => {
      const mayApply = kind === 'revinclude' || iterate || searched.includes(sourceType)
      return code === '*' && mayApply
    })
    .flatMap(({ kind, iterate, sourceType, targetType }) => {
      const found = kind === 'revinclude' && !iterate ? searched : registry.resourceTypes
      const aims = targetType === undefined ? found : [targetType]
      return [...registry.searchParameters(sourceType).values()]
        .filter(({ isCanonical, targets }) => isCanonical && mayReach(targets, aims))
        .map(({ code }) => `${sourceType}:${code}`)
    })
  if (names.length === 0) return []
  const more = names.length > namedMax ? ` and ${names.length - namedMax} more` : ''
  return [
    {
      severity: 'warning',
      code: 'not-supported',
      diagnostics: `"*" does not include what is referred to by canonical URL: ${names.slice(0, namedMax).join(', ')}${more}`,
      expression: [
        rules.every(({ kind }) => kind === 'revinclude') ? 'http._revinclude' : 'http._include',
      ],
    },
  ]
}

function mayReach(targets: readonly string[], aims: readonly string[]): boolean {
  return targets.length === 0 || targets.some((target) => aims.includes(target))
}
