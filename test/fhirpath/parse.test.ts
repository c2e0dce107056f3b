import t from 'tap'
import { FhirPathSyntaxError } from '../../src/fhirpath/fhirpath-errors.ts'
import { parseFhirPath } from '../../src/fhirpath/parse.ts'
import type { Expression } from '../../src/fhirpath/syntax-tree.ts'

/** The tree with every operator in brackets. */
function show(e: Expression): string {
  const on = (input: Expression | undefined) => (input ? `${show(input)}.` : '')
  switch (e.kind) {
    case 'literal':
      if (typeof e.value === 'object' && 'text' in e.value) return `@${e.value.text}`
      return typeof e.value === 'string' ? `'${e.value}'` : String(e.value)
    case 'nothing':
      return '{}'
    case 'member':
      return on(e.input) + e.name
    case 'call':
      return `${on(e.input)}${e.name}(${e.args.map(show).join(',')})`
    case 'item':
      return `${show(e.input)}[${show(e.position)}]`
    case 'environment':
      return `%${e.name}`
    case 'sign':
      return `(${e.operator}${show(e.operand)})`
    case 'type':
      return `(${show(e.operand)} ${e.operator} ${[e.type.namespace, e.type.name].filter(Boolean).join('.')})`
    case 'binary':
      return `(${show(e.left)} ${e.operator} ${show(e.right)})`
    default:
      return `$${e.kind}`
  }
}

t.test('binds operators in the order of the specification', async (t) => {
  const cases = {
    '1 + 2 * 3 - 4': '((1 + (2 * 3)) - 4)',
    'a or b and c': '(a or (b and c))',
    'a implies b or c xor d': '(a implies ((b or c) xor d))',
    'a = b and c != d': '((a = b) and (c != d))',
    'a | b = c': '((a | b) = c)',
    'a is X | b': '((a is X) | b)',
    'a + b is System.Integer': '((a + b) is System.Integer)',
    'a in b | c': '(a in (b | c))',
    'a in b = c': '(a in (b = c))',
    '-a.b + 1': '((-a.b) + 1)',
    'a > 1 = b': '((a > 1) = b)',
    '(a | b).c[0].d(1, x)': '(a | b).c[0].d(1,x)',
    "a & 'x' & b": "((a & 'x') & b)",
    'a div 2 mod 3': '((a div 2) mod 3)',
    'a as X': '(a as X)',
  }
  for (const [text, tree] of Object.entries(cases)) t.equal(show(parseFhirPath(text)), tree, text)
})

t.test('reads every kind of term', async (t) => {
  const cases = {
    "'it\\'s \\u00e9\\n'": "'it's é\n'",
    "'^\\\\d+$'": "'^\\d+$'",
    "'^\\d+$'": "'^\\d+$'",
    '@2024-05': '@2024-05',
    '@2024-05-06T10:11:12.5+02:00': '@2024-05-06T10:11:12.5+02:00',
    '@T10:30': '@10:30',
    '1.50': '1.50',
    "4 'mg'": "4 'mg'",
    '4 days': '4 day',
    '{}': '{}',
    '%resource': '%resource',
    '%`ext-birth place`': '%ext-birth place',
    '%vs-my-set': '%vs-my-set',
    'text.`div`': 'text.div',
    'a.contains(b)': 'a.contains(b)',
    is: 'is',
    'a // comment\n /* more */ .b': 'a.b',
    '$this.a': '$this.a',
    'a.where($index > 0)': 'a.where(($index > 0))',
  }
  for (const [text, tree] of Object.entries(cases)) t.equal(show(parseFhirPath(text)), tree, text)
})

t.test('says where a text is wrong', async (t) => {
  const cases: Record<string, number> = {
    'a..b': 2,
    'a +': 3,
    'a(b': 3,
    "'open": 0,
    'a b': 2,
    '@2024-13': 8,
    'a is': 4,
    '': 0,
    'a ? b': 2,
  }
  for (const [text, position] of Object.entries(cases)) {
    const error = t.throws(() => parseFhirPath(text), text) as unknown as FhirPathSyntaxError
    t.ok(error instanceof FhirPathSyntaxError, text)
    t.equal(error.position, position, text)
    t.equal(error.status, 400)
  }
})

t.test('refuses nesting that would exhaust the stack', async (t) => {
  t.throws(() => parseFhirPath('('.repeat(5000) + '1' + ')'.repeat(5000)), /too deeply/)
  t.throws(() => parseFhirPath('-'.repeat(5000) + '1'), /too deeply/)
  t.doesNotThrow(() => parseFhirPath(Array(3000).fill('a').join(' or ')))
})
