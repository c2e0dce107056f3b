/** One-line weakenings of the gate, the rules and the routes: each must be killed by a test. */

export interface Mutant {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
}

const guard = 'src/access/guarded-store.ts'
const control = 'src/access/access-control.ts'
const decision = 'src/access/patient-decision.ts'
const write = 'src/access/write-decision.ts'
const citizens = 'src/access/rules/citizen-rules.ts'
const professionals = 'src/access/rules/professional-rules.ts'
const apps = 'src/access/rules/app-rules.ts'

export const mutants: readonly Mutant[] = [
  {
    name: 'a read shows whatever is there',
    file: guard,
    find: 'if (!this.#session.isUnrestricted && !(await this.#mayConsult(version, measure)))',
    replace: 'if (false)',
  },
  {
    name: 'a vread does not look at the newest version',
    file: guard,
    find: 'const current = await this.read(type, id)',
    replace: 'const current = await this.readForRules(type, id)',
  },
  {
    name: 'type history without restrictions',
    file: guard,
    find: 'return this.#historyPage(request, await this.#restrictions(types, undefined))',
    replace: 'return this.#historyPage(request, undefined)',
  },
  {
    name: 'searches and includes without restrictions',
    file: guard,
    find: '...(restrictions ? { restrictions } : {}),',
    replace: '',
  },
  {
    name: 'chains and _has without the inner decision',
    file: guard,
    find: 'where: await restrictInner(this.#session, request.where, named),',
    replace: 'where: request.where,',
  },
  {
    name: 'conditional interactions see all',
    file: guard,
    find: 'allOf([inner, restriction])',
    replace: 'where',
  },
  {
    name: 'writes without a decision',
    file: guard,
    find: 'await this.#session.requireWrite(write, before, implied.has(write))',
    replace: '',
  },
  {
    name: 'an INS for everybody',
    file: 'src/access/renditions.ts',
    find: 'const isDue = isDepositor ||',
    replace: 'const isDue = true || isDepositor ||',
  },
  {
    name: 'traces name what is hidden',
    file: 'src/access/renditions.ts',
    find: 'return version !== undefined && !(await this.#session.isVisible(version))',
    replace: 'return version === undefined && !this.#session.isUnrestricted',
  },
  {
    name: 'scopes are not asked',
    file: control,
    find: 'if (this.#scopesFor(action, type).length === 0) {',
    replace: 'if (false) {',
  },
  {
    name: 'granular scopes are ignored in searches',
    file: control,
    find: 'named, isBound), granular]))',
    replace: 'named, isBound)]))',
  },
  {
    name: 'granular scopes are ignored in reads',
    file: control,
    find: "return granular.kind === 'all' || this.#matchesNow(type, id, granular)",
    replace: 'return true || this.#matchesNow(type, id, granular)',
  },
  {
    name: 'a professional names nobody',
    file: 'src/access/require-named.ts',
    find: "if (!named) throw new Forbidden('A professional’s search on patient data must name one patient')",
    replace: '',
  },
  {
    name: 'bytes follow no owner',
    file: control,
    find: 'if (envelope.owner !== undefined) return this.#mayConsultOwner(envelope.owner, isBound)',
    replace: 'if (envelope.owner !== undefined) return true',
  },
  {
    name: 'owned bytes are searched',
    file: control,
    find: 'ownedTypes.has(type) ? and(visible, not(hasOwner)) : visible',
    replace: 'visible',
  },
  {
    name: 'lots show hidden documents',
    file: control,
    find: "return inner.kind === 'none'",
    replace: "return inner.kind !== 'none'",
  },
  {
    name: 'the operator reads patients',
    file: control,
    find: "if (this.caller.kind === 'operator') return nothing",
    replace: "if (this.caller.kind === 'operator') return everything",
  },
  {
    name: 'forbidding rules are dropped',
    file: decision,
    find: "return and(or(...predicates('permit')), not(or(...predicates('forbid'))))",
    replace: "return or(...predicates('permit'))",
  },
  {
    name: 'everything is permitted by default',
    file: decision,
    find: "and(or(...predicates('permit')), not",
    replace: "and({ op: 'true' }, not",
  },
  {
    name: 'a closed record stays open',
    file: decision,
    find: "if (isShut && !(isHolder && input.action === 'consult')) return never",
    replace: '',
  },
  {
    name: 'an update is decided on the stored envelope only',
    file: write,
    find: 'for (const envelope of [before, write.envelope]) {',
    replace: 'for (const envelope of [before]) {',
  },
  {
    name: 'labels are everybody’s to change',
    file: write,
    find: "return changed.every(mayBeAnybodys) ? 'metadata' : 'change'",
    replace: "return 'metadata'",
  },
  {
    name: 'hidden from the patient is forgotten',
    file: citizens,
    find: "caller.kind === 'citizen' || caller.kind === 'app' ? stillHiddenFromPatient(now) : never",
    replace: "false && now > 0 && caller.kind === 'app' ? stillHiddenFromPatient(now) : never",
  },
  {
    name: 'representatives see all',
    file: citizens,
    find: '!relation.isSelf,\n',
    replace: 'false,\n',
  },
  {
    name: 'masked documents show to professionals',
    file: professionals,
    find: "caller.kind === 'professional' && !relation.isTreatingPhysician",
    replace: "false && caller.kind === 'professional' && !relation.isTreatingPhysician",
  },
  {
    name: 'the block is forgotten',
    file: professionals,
    find: 'lit(relation.isBlocked, always)',
    replace: 'lit(false, always)',
  },
  {
    name: 'the matrix opens all',
    file: professionals,
    find: "if (allowed === 'all') return never",
    replace: 'return never',
  },
  {
    name: 'apps see what is masked',
    file: apps,
    find: "lit(caller.kind === 'app', or(maskedToProfessionals, veryRestricted))",
    replace: 'lit(false, or(maskedToProfessionals, veryRestricted))',
  },
  {
    name: 'apps need no consent',
    file: apps,
    find: '(relation.appTypes?.includes(type) ?? false)',
    replace: 'true',
  },
  {
    name: 'page links work for everybody',
    file: 'src/interactions/search-type.ts',
    find: 'content.subject !== context.store.subject',
    replace: 'false',
  },
  {
    name: 'routes need no token',
    file: 'src/http/fhir-routes.ts',
    find: 'requireToken(request)\n',
    replace: '\n',
  },
  {
    name: 'the checks of a write see what is hidden',
    file: guard,
    find: ': this.#session.isVisible(version)',
    replace: ': Promise.resolve(true)',
  },
  {
    name: 'any condition on patients is answered to whoever feeds',
    file: guard,
    find: 'feedsAnyRecord(this.caller) && namesExactly(where)',
    replace: 'feedsAnyRecord(this.caller)',
  },
  {
    name: 'labels that a client sends pass for the server’s own',
    file: 'src/access/envelope.ts',
    find: 'if (isObject(coding) && !isInternal(coding.system))',
    replace: 'if (isObject(coding))',
  },
  {
    name: 'writes ask for no scope',
    file: control,
    find: 'await this.#requireWriteScope(write, stored, isImplied)\n',
    replace: '',
  },
  {
    name: 'granular scopes are ignored in writes',
    file: control,
    find: 'if (isImplied || (await this.#fitsWrite(coverage, write, stored))) return',
    replace: 'return',
  },
  {
    name: 'a patient/ scope writes into every record',
    file: control,
    find: 'if (coverage.isBound && !this.#isWrittenInContext(write, stored)) continue',
    replace: '',
  },
  {
    name: 'a patient/ scope is as wide as a granular one beside it',
    file: 'src/access/scope-checks.ts',
    find: '[{ scopes: unbound, isBound: false }]',
    replace: '[{ scopes, isBound: false }]',
  },
  {
    name: 'a patient/ scope reads bytes of every record',
    file: control,
    find: '(!isBound || this.#isInContext(version.envelope)) &&',
    replace: '',
  },
  {
    name: 'a closed record is as if absent',
    file: control,
    find: 'if (!isVisible) this.#refuseClosed(version, relations)\n    return isVisible && (type',
    replace: 'return isVisible && (type',
  },
  {
    name: 'a stranger’s retry tells of a deposit',
    file: 'src/national/dmp/deposit-retry.ts',
    find: 'if (!(await namesKnownPatients(plan, context))) return',
    replace: '',
  },
  {
    name: 'who has fed a record consults it',
    file: 'src/access/require-named.ts',
    find: 'exactIdentifier(where) !== undefined &&',
    replace: '',
  },
  {
    name: 'an application without consent searches',
    file: 'src/access/require-named.ts',
    find: "if (caller.kind === 'app') await requireConsent(facts, types)",
    replace: '',
  },
  {
    name: 'a condition reaches closed records',
    file: control,
    find: 'this.#refuseClosed(version, await Promise.all(relations))',
    replace: 'await Promise.all(relations)',
  },
]
