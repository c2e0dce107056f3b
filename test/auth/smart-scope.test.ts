/** SMART scopes: grammar, comparison, narrowing. */
import fc from 'fast-check'
import t from 'tap'
import {
  covers,
  formatSmartScope,
  intersect,
  parseSmartScope,
  type SmartScope,
} from '../../src/auth/smart-scope.ts'

const types = ['Patient', 'Observation', 'DocumentReference']
const codes = ['category', 'status', '_security']
const vocabulary = {
  isResourceType: (type: string) => types.includes(type),
  isSearchParameter: (type: string, code: string) =>
    type === 'Resource' ? code.startsWith('_') : codes.includes(code),
}
const parse = (text: string) => parseSmartScope(text, vocabulary)

t.test('reads v2 scopes, with granular restrictions', async (t) => {
  t.match(parse('patient/Observation.rs'), {
    context: 'patient',
    type: 'Observation',
    create: false,
    read: true,
    update: false,
    delete: false,
    search: true,
    parameters: [],
  })
  t.match(parse('system/*.cruds'), { type: '*', create: true, delete: true })
  t.same(parse('user/Observation.rs?category=http://x.org/c|lab&status=final')?.parameters, [
    ['category', 'http://x.org/c|lab'],
    ['status', 'final'],
  ])
  t.same(parse('user/*.r?_security=N')?.parameters, [['_security', 'N']])
})

t.test('reads v1 as v2: read is rs, write is cud, * is cruds', async (t) => {
  const letters = (text: string) => formatSmartScope(parse(text)!)
  t.equal(letters('patient/*.read'), 'patient/*.rs')
  t.equal(letters('user/Patient.write'), 'user/Patient.cud')
  t.equal(letters('system/Patient.*'), 'system/Patient.cruds')
  t.equal(parse('patient/*.read')?.text, 'patient/*.read')
})

t.test('refuses what it cannot compile', async (t) => {
  for (const text of [
    '',
    'patient',
    'patient/',
    'patient/Observation',
    'patient/Observation.',
    'patient/Observation.x',
    'patient/Observation.sr',
    'patient/Observation.dus',
    'patient/Observation.rr',
    'patient/Observation.RS',
    'Patient/Observation.rs',
    'admin/Observation.rs',
    'patient/observation.rs',
    'patient/Nothing.rs',
    'patient/Obs*.rs',
    'patient/Observation.rs?',
    'patient/Observation.rs?category',
    'patient/Observation.rs?category=',
    'patient/Observation.rs?=x',
    'patient/Observation.rs?nothing=x',
    'patient/Observation.rs?category:not=x',
    'patient/Observation.rs?subject.name=x',
    'patient/Observation.rs?_filter=x',
    'patient/Observation.rs?_has:a:b:c=x',
    'patient/Observation.rs?_count=5',
    'patient/Observation.rs?_include=x',
    'patient/Observation.rs?category=%',
    'patient/Observation.rs?category=a&',
    'patient/Observation.read?category=a',
    'patient/Observation.r s',
    'patient/*.rs?category=a',
    'patient/Observation.rs\n',
    ' patient/Observation.rs',
    'patient/constructor.rs',
    'patient/Observation.constructor',
    'patient/Observation.rs?__proto__=x',
  ])
    t.equal(parse(text), undefined, text)
})

t.test('knows what covers what', async (t) => {
  const does = (have: string, want: string) => covers(parse(have)!, parse(want)!)
  t.ok(does('patient/*.rs', 'patient/Observation.r'))
  t.ok(does('patient/Observation.rs', 'patient/Observation.rs?category=lab'))
  t.notOk(does('patient/Observation.rs?category=lab', 'patient/Observation.rs'))
  t.notOk(does('patient/Observation.rs?category=lab', 'patient/Observation.rs?category=vital'))
  t.notOk(does('patient/Observation.r', 'patient/Observation.rs'))
  t.notOk(does('user/*.cruds', 'patient/Observation.r'))
  t.notOk(does('patient/Observation.cruds', 'patient/*.r'))
})

t.test('narrows what is asked to what is allowed', async (t) => {
  const narrowed = (asked: string, allowed: string) =>
    intersect(
      asked.split(' ').map((one) => parse(one)!),
      allowed.split(' ').map((one) => parse(one)!),
    ).map(({ text }) => text)
  t.same(narrowed('patient/*.cruds', 'patient/Observation.rs patient/Patient.r'), [
    'patient/Observation.rs',
    'patient/Patient.r',
  ])
  t.same(narrowed('patient/Observation.rs', 'patient/Observation.rs?category=lab'), [
    'patient/Observation.rs?category=lab',
  ])
  t.same(narrowed('patient/Observation.read', 'patient/*.cruds'), ['patient/Observation.read'])
  t.same(narrowed('user/*.rs', 'patient/*.rs'), [])
  t.same(narrowed('patient/Observation.c', 'patient/*.rs'), [])
})

const scope: fc.Arbitrary<SmartScope> = fc
  .record({
    context: fc.constantFrom('patient', 'user', 'system'),
    type: fc.constantFrom('*', ...types),
    letters: fc.subarray(['c', 'r', 'u', 'd', 's'], { minLength: 1 }),
    query: fc.subarray(['category=a', 'category=b%26', 'status=é', '_security=x|y']),
  })
  .map(({ context, type, letters, query }) => {
    const kept = type === '*' ? query.filter((part) => part.startsWith('_')) : query
    const encoded = kept
      .map(encodeURI)
      .map((part) => part.replace('%2526', '%26').replaceAll('%7C', '|'))
    return `${context}/${type}.${letters.join('')}${encoded.length > 0 ? `?${encoded.join('&')}` : ''}`
  })
  .map((text) => parse(text)!)

/** A request as scopes see it: what is done, to which type, and which restrictions the resource meets. */
const access = fc.record({
  context: fc.constantFrom('patient', 'user', 'system'),
  type: fc.constantFrom(...types),
  letter: fc.constantFrom('create', 'read', 'update', 'delete', 'search'),
  meets: fc.subarray(['category=a', 'category=b&', 'status=é', '_security=x|y']),
})

type Access = typeof access extends fc.Arbitrary<infer A> ? A : never

function permits(scopes: readonly SmartScope[], { context, type, letter, meets }: Access): boolean {
  return scopes.some(
    (one) =>
      one.context === context &&
      (one.type === '*' || one.type === type) &&
      one[letter as 'read'] &&
      one.parameters.every(([code, value]) => meets.includes(`${code}=${value}`)),
  )
}

t.test('what is granted is what is asked and allowed, no more and no less', async () => {
  const lists = fc.array(scope, { maxLength: 5 })
  fc.assert(
    fc.property(lists, lists, access, (asked, allowed, request) => {
      const granted = intersect(asked, allowed)
      return permits(granted, request) === (permits(asked, request) && permits(allowed, request))
    }),
    { numRuns: 5000 },
  )
})

t.test('a granted scope is read back as itself, and granting again changes nothing', async () => {
  const lists = fc.array(scope, { maxLength: 5 })
  fc.assert(
    fc.property(lists, lists, (asked, allowed) => {
      const granted = intersect(asked, allowed)
      const again = intersect(
        granted.map(({ text }) => parse(text)!),
        allowed,
      )
      return granted.map(({ text }) => text).join(' ') === again.map(({ text }) => text).join(' ')
    }),
    { numRuns: 2000 },
  )
})
